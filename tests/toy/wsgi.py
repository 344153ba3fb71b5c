"""Where ``flask run`` and gunicorn start."""

from notes import create_app

app = create_app()
