"""Where `flask run` and gunicorn start: ``gunicorn wsgi:app``."""

from {{ cookiecutter.slug }} import create_app

app = create_app()
