"""How far a request may go: its time, its redirects, and whom it may ask."""

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from common.fetch.guard import (
    CheckAddress,
    Resolve,
    addresses_from,
    host_and_port,
    system_addresses,
)
from common.settings import Settings

DEFAULT_PORTS = {"http": 80, "https": 443}


class FetchSettings(Settings):
    """What the environment says about requests whose addresses are checked."""

    allow_hosts: str = Field(
        "", description="host:port, with commas, that may be asked whatever its address is."
    )

    dns_server: str = Field(
        "",
        pattern=r"^([0-9.]+:[0-9]{1,5}|\[[0-9A-Fa-f:]+\]:[0-9]{1,5})?$",
        description="address:port of the DNS server to ask; default: the system's resolver.",
    )
    connect_timeout: float = Field(
        3, gt=0, le=60, description="Seconds for the name and the connection, at each redirect."
    )
    total_timeout: float = Field(
        8, gt=0, le=300, description="Seconds for redirects, TLS, headers and body together."
    )

    @field_validator("allow_hosts")
    @classmethod
    def _are_hosts(cls, value: str) -> str:
        hosts = [host.strip().lower() for host in value.split(",") if host.strip()]
        for host in hosts:
            if not re.fullmatch(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+):[0-9]{1,5}", host):
                raise ValueError(f"{host!r} is not host:port")
        return ",".join(hosts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How far a request may go."""

    connect_timeout: float = 3
    """Seconds for resolving the name and connecting, at each redirect."""
    total_timeout: float = 10
    """Seconds for all of it, whatever the other side does: redirects, TLS, headers, body."""
    redirects: int = 5
    """How many are followed by GET and HEAD. With 0, a redirect is the answer."""
    check_url: Callable[[str], object] | None = None
    """Raises Refused for a URL that must not be asked."""
    check_address: CheckAddress | None = None
    """Raises Refused for an address that must not be connected to, as ``check_public`` does."""
    allow_hosts: Container[str] = ()
    """``host:port`` that neither check concerns."""
    resolve: Resolve = system_addresses
    """Returns the addresses of a name within so many seconds."""

    @classmethod
    def of(cls, config: Mapping[str, Any], **more: Any) -> Self:
        """Return the rules of an ``app.config`` with ``FetchSettings``, and more."""
        server = config["DNS_SERVER"]
        return cls(
            connect_timeout=config["CONNECT_TIMEOUT"],
            total_timeout=config["TOTAL_TIMEOUT"],
            allow_hosts=frozenset(config["ALLOW_HOSTS"].split(",")),
            resolve=addresses_from(server) if server else system_addresses,
            **more,
        )


def is_allowed(url: str, allow_hosts: Container[str]) -> bool:
    """Tell whether a URL is at one of these: host:port, and neither user name nor password."""
    parts = urlsplit(url)
    try:
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except (KeyError, ValueError):
        return False
    return "@" not in parts.netloc and host_and_port(parts.hostname or "", port) in allow_hosts
