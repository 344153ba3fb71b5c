"""What `flask run` and gunicorn start."""

from session_cookies import create_app

app = create_app()
