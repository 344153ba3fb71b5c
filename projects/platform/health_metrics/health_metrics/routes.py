"""What operators, load balancers and Prometheus ask for."""

import hmac
import time
from collections.abc import Callable
from functools import partial

from flask import Blueprint, Response, current_app, request
from prometheus_client.exposition import choose_encoder

from common.api import Produces, endpoint
from common.errors import Problem

from . import history, readiness
from .models import db
from .schemas import DemoQuery, Ready, Slo
from .settings import in_development

bp = Blueprint("health", __name__)
private = Blueprint("metrics", __name__)
demo = Blueprint("demo", __name__)

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@private.before_request
def ask_for_token() -> None:
    """Want METRICS_TOKEN. Where none is set: open in development, closed elsewhere."""
    token = current_app.config["METRICS_TOKEN"]
    if not token and not in_development(current_app):
        raise Problem(403, "This is closed until METRICS_TOKEN is set.")
    sent = request.authorization
    given = sent.token if sent and sent.type == "bearer" else None
    if token and not hmac.compare_digest((given or "").encode(), token.encode()):
        challenge = {"WWW-Authenticate": 'Bearer realm="metrics"'}
        raise Problem(401, "This needs the metrics token.", headers=challenge)


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
def show_ready() -> Ready:
    """Tell whether this process may get requests: 503 while something is missing or it is ending.

    The problem lists the ``checks`` as well. Its detail names what is missing.
    """
    config = current_app.config
    checks: dict[str, Callable[[], object]] = {
        "database": partial(readiness.check_database, db.engine),
        "migrations": partial(readiness.check_migrations, db.engine, db.metadata),
        "disk": partial(readiness.check_disk, config["INSTANCE_PATH"], config["DISK_FREE_MB"]),
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
    return Ready(status="ready", checks=done)


@private.get("/metrics")
@endpoint(
    errors=(401, 403),
    responses={200: Produces("The metrics, as OpenMetrics where that is accepted", "text/plain")},
)
def show_metrics() -> Response:
    """Show the metrics to Prometheus."""
    wanted = {kind.partition(";")[0]: quality for kind, quality in request.accept_mimetypes}
    better = wanted.get("application/openmetrics-text", 0) >= wanted.get("text/plain", 0.001)
    # The library's own choice trusts the header: any other version is said to be what is sent.
    encode, content_type = choose_encoder(OPENMETRICS if better else "")
    registry = current_app.extensions["metrics"].registry
    return Response(encode(registry), content_type=content_type)


@private.get("/slo")
@endpoint(errors=(401, 403))
def show_slo() -> Slo:
    """Show the objectives, what is left of their budgets and how fast it goes."""
    return history.report()


@demo.get("/demo/items/<int:item_id>")
@endpoint(errors=(500, 503))
def show_item(item_id: int, query: DemoQuery) -> dict[str, int]:
    """Show an item, slowly or not at all if you like; in development only."""
    time.sleep(query.milliseconds / 1000)
    if query.fault == "crash":
        raise RuntimeError("a fault that was asked for")
    if query.fault == "refuse":
        raise Problem(503, "Refused on purpose.")
    return {"id": item_id}
