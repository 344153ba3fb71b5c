"""The environment variables of this project, besides those of every project."""

from pydantic import AnyHttpUrl, Field

from common.mail import MailSettings


class Settings(MailSettings):
    """What can be set."""

    public_url: AnyHttpUrl = Field(
        AnyHttpUrl("http://127.0.0.1:5000"),
        description="Where this is reached: links in mails begin with it.",
    )
