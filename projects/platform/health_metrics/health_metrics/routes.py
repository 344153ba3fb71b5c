"""What operators, load balancers and Prometheus ask for."""

from functools import partial
from hmac import compare_digest

from flask import Blueprint, Response, current_app, request
from prometheus_client.exposition import choose_encoder

from common import guards
from common.api import Produces, endpoint
from common.errors import Problem

from . import history, readiness
from .models import db
from .schemas import ReadyOut, SloOut
from .settings import in_development

bp = Blueprint("health_metrics", __name__)

OPENMETRICS = "application/openmetrics-text"
TEXT = "text/plain"


def ask_for_token() -> None:
    """Want METRICS_TOKEN. Where none is set: open in development, closed elsewhere."""
    token = current_app.config["METRICS_TOKEN"]
    if token is None:
        if in_development(current_app):
            return
        raise Problem(403, "This is closed until METRICS_TOKEN is set.")
    if not compare_digest(guards.bearer_token().encode(), token.encode()):
        raise guards.unknown("This is not the metrics token.", guards.INVALID)


token_required = guards.guard("", ask_for_token, 403)


@bp.get("/health")
@endpoint
def show_health() -> dict[str, str]:
    """Tell that this process answers; a 200 or no answer.

    It asks nothing that it depends on: whoever gets no answer restarts the process, and no restart
    mends a database.
    """
    return {"status": "ok"}


@bp.get("/ready")
@endpoint(errors=(503,))
def show_ready() -> ReadyOut:
    """Tell whether this process may get requests: 503 while something is missing or it is ending.

    The problem lists the ``checks`` as well. Its detail names what is missing.
    """
    config = current_app.config
    shared = current_app.extensions["metrics"].shared
    checks = {
        "database": partial(readiness.check_database, db.engine),
        "migrations": partial(readiness.check_migrations, db.engine, db.metadata),
        "disk": partial(readiness.check_disk, config["INSTANCE_PATH"], config["DISK_FREE_MB"]),
        "metrics": partial(readiness.check_metrics, shared),
    }
    if config["REDIS_URL"]:
        checks["queue"] = partial(readiness.check_queue, config["REDIS_URL"])
    done = readiness.run_checks(checks, current_app.logger)
    missing = [check.name for check in done if not check.ok]
    if current_app.extensions["shutdown"].begun:
        missing.append("shutting down")
    if missing:
        members = [check.model_dump() for check in done]
        raise Problem(503, f"Not ready: {', '.join(missing)}.", checks=members)
    return ReadyOut(status="ready", checks=done)


@bp.get("/metrics")
@token_required
@endpoint(
    responses={
        200: (
            Produces("The metrics", TEXT),
            Produces("The metrics, where this is accepted", OPENMETRICS),
        )
    }
)
def show_metrics() -> Response:
    """Show the metrics to Prometheus."""
    qualities = {}
    for media_type, quality in request.accept_mimetypes:
        qualities[media_type.partition(";")[0]] = quality
    wanted = ""
    if qualities.get(OPENMETRICS, 0) >= qualities.get(TEXT, 0.001):
        # Not what the header says: the library would call any version that it names the one sent.
        wanted = f"{OPENMETRICS}; version=1.0.0"
    encode, content_type = choose_encoder(wanted)
    metrics = current_app.extensions["metrics"]
    response = Response(encode(metrics), content_type=content_type)
    response.vary.add("Accept")
    return response


@bp.get("/slo")
@token_required
@endpoint
def show_slo() -> SloOut:
    """Show the objectives, what is left of their budgets and how fast it goes."""
    return history.report()
