"""What `flask run` and gunicorn start."""

from tasks import create_app

app = create_app()
