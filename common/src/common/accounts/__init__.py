"""Accounts for projects whose lesson is not authentication."""

from common.accounts.users import (
    AccountSettings,
    Password,
    UserMixin,
    Username,
    current_user,
    init_app,
    login_required,
    new_user,
)
from common.fields import TimeZone

__all__ = [
    "AccountSettings",
    "Password",
    "TimeZone",
    "UserMixin",
    "Username",
    "current_user",
    "init_app",
    "login_required",
    "new_user",
]
