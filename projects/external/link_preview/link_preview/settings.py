"""The environment variables of this project, besides those of every project."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from common.fetch import FetchSettings


class Settings(FetchSettings):
    """What can be set."""

    allowed_ports: str = Field("80,443", description="Ports that may be fetched, with commas.")
    max_bytes: int = Field(
        1024 * 1024, ge=1024, le=64 * 1024 * 1024, description="Bytes of a page that are read."
    )
    cache_seconds: int = Field(
        3600, ge=1, le=30 * 24 * 3600, description="Seconds that a preview is kept."
    )

    @field_validator("allowed_ports")
    @classmethod
    def _are_ports(cls, value: str) -> str:
        ports = [port.strip() for port in value.split(",")]
        for port in ports:
            is_number = port.isascii() and port.isdigit()
            if not is_number or not 1 <= int(port) <= 65_535:  # noqa: PLR2004
                raise ValueError(f"{port!r} is no port")
        return ",".join(ports)


def allowed_ports(config: Mapping[str, Any]) -> set[int]:
    """Return the ports that may be fetched."""
    return {int(port) for port in config["ALLOWED_PORTS"].split(",")}


def allowed_hosts(config: Mapping[str, Any]) -> set[str]:
    """Return each ``host:port`` that may be fetched whatever its address and its port are."""
    return set(config["ALLOW_HOSTS"].split(","))
