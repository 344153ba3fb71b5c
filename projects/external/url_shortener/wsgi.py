"""What `flask run` and gunicorn start."""

from url_shortener import create_app

app = create_app()
