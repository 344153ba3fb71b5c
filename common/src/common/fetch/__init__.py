"""Requests to other services, bounded in time and size, and guarded where users choose the URL."""

from common.fetch.client import Answer, Fetched, get, send, stream
from common.fetch.errors import (
    FetchError,
    Refused,
    TimedOut,
    TooLarge,
    TooManyRedirects,
    Unreachable,
)
from common.fetch.guard import Address, addresses_from, check_public, system_addresses
from common.fetch.rules import DEFAULT_PORTS, FetchSettings, Rules, is_allowed

__all__ = [
    "DEFAULT_PORTS",
    "Address",
    "Answer",
    "FetchError",
    "FetchSettings",
    "Fetched",
    "Refused",
    "Rules",
    "TimedOut",
    "TooLarge",
    "TooManyRedirects",
    "Unreachable",
    "addresses_from",
    "check_public",
    "get",
    "is_allowed",
    "send",
    "stream",
    "system_addresses",
]
