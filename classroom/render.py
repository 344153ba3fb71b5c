"""What the tools share: filling a template of ``templates/``, replacing a file whole."""

import os
import re
import tempfile
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


def render(template: str, **values: object) -> str:
    """Fill the template; a name that it uses and nobody gave is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["markdown"] = escape_markdown
    return environment.get_template(template).render(values)


def escape_markdown(text: str) -> str:
    r"""Make plain text safe inside Markdown, table cells included: ``a|b`` → ``a\|b``."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", text)


def replace_file(file: Path, text: str) -> None:
    """Write the file so that a reader sees the old text or the new one, never a half."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        temporary.chmod(file.stat().st_mode if file.exists() else 0o644)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
