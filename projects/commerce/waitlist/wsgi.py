"""What `flask run` and gunicorn start."""

from waitlist import create_app

app = create_app()
