"""What operators, load balancers and Prometheus ask for."""

import hmac
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from flask import Blueprint, Response, current_app, request
from prometheus_client.exposition import choose_encoder

from common.api import Produces, endpoint
from common.errors import Problem

from . import history
from .models import db
from .readiness import check_database, check_disk, check_migrations, check_queue, run_checks
from .schemas import Alive, CheckOut, Ready, Slo
from .settings import in_development

bp = Blueprint("health", __name__)

P = ParamSpec("P")
R = TypeVar("R")


def private(view: Callable[P, R]) -> Callable[P, R]:
    """Ask for METRICS_TOKEN. Where there is none: open in development, closed elsewhere."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        token = current_app.config["METRICS_TOKEN"]
        if token:
            given = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), token.encode()):
                challenge = {"WWW-Authenticate": 'Bearer realm="metrics"'}
                raise Problem(401, "This needs the metrics token.", headers=challenge)
        elif not in_development(current_app):
            raise Problem(403, "This is closed until METRICS_TOKEN is set.")
        return view(*args, **kwargs)

    return guarded


@bp.get("/health")
@endpoint
def show_health() -> Alive:
    """Tell that this process answers; a 200 or no answer.

    It asks nothing that it depends on: whoever gets no answer restarts the process, and no restart
    mends a database.
    """
    return Alive(status="ok")


@bp.get("/ready")
@endpoint(errors=(503,))
def show_ready() -> Ready:
    """Tell whether this process may get requests: 503 while something is missing or it is ending.

    The problem lists the ``checks`` as well. Its detail names what is missing.
    """
    config = current_app.config
    checks: dict[str, Callable[[], object]] = {
        "database": partial(check_database, db.engine),
        "migrations": partial(check_migrations, db.engine, db.metadata),
        "disk": partial(check_disk, Path(current_app.instance_path), config["DISK_FREE_MB"]),
    }
    if config["REDIS_URL"]:
        checks["queue"] = partial(check_queue, config["REDIS_URL"])
    done = run_checks(checks)
    for failed in (check for check in done if check.error):
        current_app.logger.warning("not ready: %s", failed.name, exc_info=failed.error)
    missing = [check.name for check in done if not check.ok]
    if current_app.extensions["shutdown"].begun:
        missing.append("shutting down")
    shown = [CheckOut.model_validate(check) for check in done]
    if missing:
        members = [check.model_dump() for check in shown]
        raise Problem(503, f"Not ready: {', '.join(missing)}.", checks=members)
    return Ready(status="ready", checks=shown)


@bp.get("/metrics")
@private
@endpoint(
    errors=(401, 403),
    responses={200: Produces("The metrics, as OpenMetrics where that is accepted", "text/plain")},
)
def show_metrics() -> Response:
    """Show the metrics to Prometheus."""
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    registry = current_app.extensions["metrics"].registry
    return Response(encode(registry), content_type=content_type)


@bp.get("/slo")
@private
@endpoint(errors=(401, 403))
def show_slo() -> Slo:
    """Show the objectives, what is left of their budgets and how fast it goes."""
    return history.report()
