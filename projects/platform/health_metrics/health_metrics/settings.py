"""The environment variables of this project, besides those of every project."""

from typing import Literal

from flask import Flask
from pydantic import Field

import common
from common import settings


class Settings(common.Settings):
    """What can be set."""

    environment: Literal["development", "production"] | None = Field(
        None, description="Default: development under `flask run`, in debug mode and in tests."
    )
    metrics_token: str | None = Field(
        None,
        pattern="^[!-~]{16,}$",
        description="Opens /metrics and /slo; without it they are closed in production.",
    )
    drain_seconds: float = Field(
        5, ge=0, le=25, description="How long SIGTERM is only announced, by /ready."
    )
    disk_free_mb: int = Field(
        100, ge=0, le=1_000_000_000, description="Space that /ready wants to see on the disk."
    )
    redis_url: str | None = Field(
        None, pattern="^(rediss?|unix)://", description="The queue that /ready asks for."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="DEBUG, INFO, WARNING or ERROR; INFO logs each request."
    )


def in_development(app: Flask) -> bool:
    """Tell whether ``app`` may show its metrics and offer routes that fail on purpose."""
    environment: str | None = app.config["ENVIRONMENT"]
    if environment is None:
        return settings.in_development(app)
    return environment == "development"
