"""The environment variables of this project, besides those of every project."""

from pydantic import Field

import common


class Settings(common.Settings):
    """What can be set."""

    session_idle_seconds: int = Field(
        30 * 60, ge=1, le=366 * 86400, description="A session ends when unused for so long."
    )
    session_absolute_seconds: int = Field(
        12 * 3600, ge=1, le=366 * 86400, description="A session ends so long after its login."
    )
