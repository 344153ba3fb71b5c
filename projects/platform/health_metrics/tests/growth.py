"""Made-up minutes in any number, and what must stay fast with them.

``python tests/growth.py 100000`` fills the database.
"""

import sys
from datetime import timedelta
from pathlib import Path
from random import Random
from socket import gethostname

from sqlalchemy import func, select, update

from common.testing import growth

sys.path.insert(0, str(Path(__file__).parents[1]))  # the project: Python begins beside this file

from health_metrics import history
from health_metrics.models import Snapshot, db
from health_metrics.seed import store, this_minute
from health_metrics.slo import Counts

LISTS = ["/slo"]
READS_EVERYTHING: dict[str, str] = {}


def rows(number: int) -> None:
    """Add ``number`` minutes before the first one that there is."""
    random = Random(45)
    requests = 0
    totals = []
    for _ in range(number):
        requests += random.randrange(20)
        totals.append(Counts(requests, 0, 0))
    is_ours = Snapshot.host == gethostname()
    first = db.session.scalar(select(func.min(Snapshot.at)).where(is_ours))
    last = first - timedelta(minutes=1) if first else this_minute()
    later = Snapshot.requests + requests  # totals never fall
    db.session.execute(update(Snapshot).where(is_ours).values(requests=later))
    store(totals, last, timedelta(minutes=1), history.NOTHING)


if __name__ == "__main__":
    growth.main(rows)
