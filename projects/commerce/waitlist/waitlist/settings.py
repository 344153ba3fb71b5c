"""The environment variables of this project, besides those of every project."""

from pydantic import Field, field_validator

from common.mail import MailSettings


class Settings(MailSettings):
    """What can be set."""

    public_url: str = Field(
        "http://127.0.0.1:5000", description="Where this is reached: links in mails begin with it."
    )

    @field_validator("public_url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")
