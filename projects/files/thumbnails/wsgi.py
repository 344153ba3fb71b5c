"""Where `flask run` and gunicorn start: ``gunicorn wsgi:app``."""

from thumbnails import create_app

app = create_app()
