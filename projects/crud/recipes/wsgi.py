"""Where ``flask run`` and gunicorn start."""

from recipes import create_app

app = create_app()
