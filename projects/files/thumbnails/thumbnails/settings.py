"""What this application reads from the environment besides what all projects read."""

from pydantic import Field, field_validator

from common.jobs import JobSettings

from .sizes import parse_all


class Settings(JobSettings):
    """Sizes, limits, and how long a silent worker is believed to be alive."""

    max_content_length: int = Field(20 * 2**20, ge=1024, description="Largest upload in bytes.")
    thumbnail_sizes: str = Field(
        "small=160x160,medium=640x640,square=200x200:crop",
        description="Sizes of new uploads: name=WIDTHxHEIGHT, with :crop to fill the box.",
    )
    min_free_mb: int = Field(100, ge=0, description="With less free disk (MB) nothing is written.")
    lease_seconds: int = Field(30, ge=1, le=3600, description="A worker silent for longer is dead.")

    @field_validator("thumbnail_sizes")
    @classmethod
    def _can_be_read(cls, value: str) -> str:
        parse_all(value)
        return value
