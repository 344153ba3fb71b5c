"""The environment variables of this project, besides those of every project."""

from pydantic import Field, field_validator

import common

from . import urls


class Settings(common.Settings):
    """What can be set."""

    code_key: str | None = Field(
        None,
        min_length=16,
        description="Shuffles the short codes; default: SECRET_KEY. A change breaks no link.",
    )
    own_hosts: str = Field(
        "", description="Further names of this service, with commas; links to them would loop."
    )

    @field_validator("own_hosts")
    @classmethod
    def _are_hosts(cls, value: str) -> str:
        for host in value.split(","):
            if host:
                urls.host_and_port(host)
        return value
