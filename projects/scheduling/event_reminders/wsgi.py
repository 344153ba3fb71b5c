"""What `flask run` and gunicorn start."""

from event_reminders import create_app

app = create_app()
