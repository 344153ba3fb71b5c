"""Each step of a job, taken and refused."""

from collections.abc import Iterator
from typing import Any

import pytest

from thumbnails.models import STATUSES, Image, Job, Thumbnail, db
from thumbnails.states import (
    ATTEMPTS,
    TRANSITIONS,
    claim,
    fail,
    finish,
    give_up,
    renew,
    reopen,
    retry,
)


@pytest.fixture(autouse=True)
def noon(app: Any, clock: Any) -> Iterator[None]:
    clock.set("2026-03-01T12:00:00Z")
    with app.app_context():
        yield


@pytest.fixture
def job() -> str:
    """A queued job."""
    image = Image(id="0" * 64, format="PNG", width=1, height=1, bytes=1, job=Job(id="job"))
    db.session.add(image)
    db.session.commit()
    return "job"


def state(job: str) -> tuple[str, int]:
    row = db.session.get_one(Job, job, populate_existing=True)
    return row.status, row.attempts


def taken(job: str) -> str:
    ticket = claim(job)
    assert ticket, "a job that is due was not to be had"
    return ticket


def test_the_steps_lead_from_known_states_to_known_states() -> None:
    named = {name for before, after in TRANSITIONS.values() for name in (*before, after)}
    assert named == set(STATUSES)


def test_a_claim_takes_a_queued_job(job: str) -> None:
    assert len(taken(job)) == 32
    assert state(job) == ("running", 1)


def test_a_job_is_claimed_once(job: str) -> None:
    taken(job)
    assert claim(job) is None
    assert state(job) == ("running", 1)


def test_a_claim_waits_for_the_due_time(job: str, clock: Any) -> None:
    fail(job, taken(job), "full", attempt=1)
    clock.advance(seconds=9.9)
    assert claim(job) is None
    clock.advance(seconds=0.1)
    assert claim(job)


def test_a_job_is_taken_over_when_its_lease_has_run_out(job: str, clock: Any) -> None:
    lost = taken(job)
    clock.advance(seconds=29.9)
    assert claim(job) is None
    clock.advance(seconds=0.1)
    assert claim(job) not in {None, lost}
    assert state(job) == ("running", 2)


def test_renewing_keeps_others_off(job: str, clock: Any) -> None:
    ticket = taken(job)
    clock.advance(seconds=20)
    assert renew(job, ticket)
    clock.advance(seconds=29)
    assert claim(job) is None
    clock.advance(seconds=1)
    assert claim(job)


def test_who_lost_a_job_changes_nothing_any_more(job: str, clock: Any) -> None:
    lost = taken(job)
    clock.advance(seconds=30)
    holder = taken(job)
    assert not renew(job, lost)
    assert not finish(job, lost)
    assert not fail(job, lost, "late", attempt=1)
    assert state(job) == ("running", 2)
    assert finish(job, holder)


def test_finishing_forgets_the_error(job: str, clock: Any) -> None:
    fail(job, taken(job), "full", attempt=1)
    clock.advance(seconds=10)
    assert finish(job, taken(job))
    assert state(job) == ("done", 2)
    assert db.session.get_one(Job, job, populate_existing=True).error is None


@pytest.mark.parametrize(
    ("attempt", "permanent", "expected", "pause"),
    [
        (1, False, "queued", 10),
        (2, False, "queued", 60),
        (3, False, "failed", None),
        (1, True, "failed", None),
    ],
)
def test_a_failure_is_followed_by_a_pause_or_by_the_end(
    job: str, attempt: int, permanent: bool, expected: str, pause: int | None
) -> None:
    assert fail(job, taken(job), "why", attempt=attempt, permanent=permanent)
    row = db.session.get_one(Job, job, populate_existing=True)
    assert (row.status, row.error, row.ticket) == (expected, "why", None)
    if pause:
        assert row.due_at.isoformat() == f"2026-03-01T12:{pause // 60:02}:{pause % 60:02}+00:00"


def test_a_failed_job_is_retried_now_with_all_attempts(job: str) -> None:
    fail(job, taken(job), "damaged", attempt=1, permanent=True)
    assert retry(job)
    assert state(job) == ("queued", 0)
    assert claim(job)


def test_a_done_job_is_reopened_when_a_thumbnail_is_missing(job: str) -> None:
    finish(job, taken(job))
    assert not reopen(job), "there is nothing to do"
    db.session.add(Thumbnail(image_id="0" * 64, name="s", position=0, spec="s=1x1:fit", key="k"))
    assert reopen(job)
    assert state(job) == ("queued", 0)
    assert claim(job)


def test_no_other_job_is_retried(job: str) -> None:
    assert not retry(job), "it is queued"
    ticket = taken(job)
    assert not retry(job), "it is running"
    finish(job, ticket)
    assert not retry(job), "it is done"
    assert not retry("no such job")


def test_a_job_that_kills_its_workers_is_given_up(job: str, clock: Any) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        assert not give_up(), f"given up after {attempt - 1} attempts"
        taken(job)
        clock.advance(seconds=30)
    assert claim(job) is None
    assert give_up()
    assert state(job) == ("failed", ATTEMPTS)


def test_a_job_in_hand_is_not_given_up(job: str, clock: Any) -> None:
    for _ in range(ATTEMPTS - 1):
        taken(job)
        clock.advance(seconds=30)
    taken(job)
    assert not give_up()


def test_of_many_claims_at_once_one_succeeds(job: str, app: Any, at_once: Any) -> None:
    def one(_: int) -> str | None:
        with app.app_context():
            ticket = claim(job)
            db.session.commit()
            return ticket

    tickets = at_once(8, one)
    assert len([ticket for ticket in tickets if ticket]) == 1
    assert state(job) == ("running", 1)
