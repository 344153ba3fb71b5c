"""What `flask run` and gunicorn start."""

from link_preview import create_app

app = create_app()
