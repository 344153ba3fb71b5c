"""What holds for the whole repository and for every project in it; see README.md here."""
