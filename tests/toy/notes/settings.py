"""What can be set."""

from pydantic import Field

import common


class Settings(common.Settings):
    """The settings of every project, and one more."""

    title_length: int = Field(
        20,
        ge=5,
        le=80,
        description="Characters of a title.",
    )
