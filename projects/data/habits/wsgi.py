"""What `flask run` and gunicorn start."""

from habits import create_app

app = create_app()
