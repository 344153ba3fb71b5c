"""How a page for people is made.

Each is a single file that can be mailed and opened anywhere: style inside, no script, and a content
security policy that allows that style and nothing else.
"""

import base64
import hashlib
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from classroom.render import TEMPLATES

from .text import block, line, number, shown_id, shown_name

WHOLE_TEXT = 10_000
"""Nothing on a page is longer."""


def page(template: str, **values: Any) -> str:
    """Fill a template of ``templates/``."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Whatever a template prints has gone through here: no control character gets past it.
        finalize=lambda value: block(value, WHOLE_TEXT) if type(value) is str else value,
    )
    style = (TEMPLATES / "report/report.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment.globals.update(style=Markup(style), style_digest=digest)  # noqa: S704  # our own
    environment.filters.update(line=line, points=number, name=shown_name, handed_in_as=shown_id)
    return environment
