"""A project as a folder of its own: ``eject`` has all of it, ``starter`` is for students."""
