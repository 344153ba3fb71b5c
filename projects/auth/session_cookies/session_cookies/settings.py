"""The environment variables of this project, besides those of every project."""

from pydantic import Field

from common.passwords import PasswordSettings

HALF_AN_HOUR = 30 * 60
HALF_A_DAY = 12 * 3600
LONGEST = 366 * 86400


class Settings(PasswordSettings):
    """What can be set."""

    session_idle_seconds: int = Field(
        HALF_AN_HOUR,
        ge=1,
        le=LONGEST,
        description="A session ends when so many seconds unused.",
    )
    session_absolute_seconds: int = Field(
        HALF_A_DAY, ge=1, le=LONGEST, description="It ends so many seconds after its login."
    )
