"""The environment variables of this project, besides those of every project."""

from common.accounts import AccountSettings
from common.mail import MailSettings


class Settings(AccountSettings, MailSettings):
    """Those of accounts and of mail."""
