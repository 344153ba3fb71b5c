"""What `flask run` and gunicorn start."""

from chat import create_app

app = create_app()
