"""The environment variables of this project, besides those of every project."""

from pydantic import Field

from common.accounts import AccountSettings
from common.events import EventSettings


class Settings(AccountSettings, EventSettings):
    """What can be set."""

    ws_echo: bool = Field(
        False, description="1 adds /ws/echo, which sends back what it gets: to test a client."
    )
