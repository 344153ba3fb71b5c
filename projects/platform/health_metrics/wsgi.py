"""What `flask run` and gunicorn start."""

from health_metrics import create_app

app = create_app()
