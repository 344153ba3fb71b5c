"""Each step of a job, taken and refused."""

from datetime import timedelta
from typing import get_args

import pytest

from common import clock as now_of
from thumbnails.models import Image, Job, Status, db
from thumbnails.states import ATTEMPTS, PAUSES, claim, give_up, give_up_lost, renew, requeue, settle

LEASE = timedelta(seconds=30)
# step: the states that it starts from, and the one that it leads to
TRANSITIONS = {
    "claim": ({"queued"}, "running"),  # from running: when the claim has run out, see below
    "renew": ({"running"}, "running"),
    "settle": ({"running"}, "done"),
    "give_up": ({"running"}, "failed"),  # or queued: see below
    "retry": ({"failed"}, "queued"),
    "reopen": ({"done"}, "queued"),
}
STEPS = {
    "claim": lambda job: claim(job, claim_end()),
    "renew": lambda job: renew(job, "somebody", claim_end()),
    "settle": lambda job: settle(job, "somebody"),
    "give_up": lambda job: give_up(job, "somebody", "why", attempt=1, permanent=True),
    "retry": lambda job: requeue(job, "failed"),
    "reopen": lambda job: requeue(job, "done"),
}


@pytest.fixture(autouse=True)
def noon(app, clock):
    clock.set("2026-03-01T12:00:00Z")
    with app.app_context():
        yield


@pytest.fixture
def job():
    """The id of a queued job."""
    db.session.add(Image(id="0" * 64, format="PNG", width=1, height=1, bytes=1, job=Job(id="job")))
    db.session.commit()
    return "job"


def claim_end():
    return now_of.now() + LEASE


def row_of(job):
    return db.session.get_one(Job, job, populate_existing=True)


def state(job):
    row = row_of(job)
    return row.status, row.attempts


def taken(job):
    """Claim a job that is to be had; return by whom."""
    claimed_by = claim(job, claim_end())
    assert claimed_by, "a job that is due was not to be had"
    return claimed_by


@pytest.mark.parametrize("status", get_args(Status))
@pytest.mark.parametrize("step", TRANSITIONS)
def test_step_is_taken_from_its_own_states_alone(job, step, status):
    before, after = TRANSITIONS[step]
    row = row_of(job)
    row.status = status
    if status == "running":
        row.claimed_by = "somebody"
        row.due_at = claim_end()
    db.session.commit()

    is_taken = bool(STEPS[step](job))

    assert is_taken == (status in before), f"{step} of a job that is {status}"
    assert row_of(job).status == (after if status in before else status)


def test_unknown_job_takes_no_step():
    for name, step in STEPS.items():
        assert not step("no such job"), name


def test_claim_names_its_holder_and_counts_attempt(job):
    assert len(taken(job)) == 32
    assert state(job) == ("running", 1)
    assert row_of(job).due_at == claim_end()


def test_claim_waits_for_due_time(job, clock):
    give_up(job, taken(job), "full", attempt=1)

    clock.advance(seconds=9.9)
    assert claim(job, claim_end()) is None
    clock.advance(seconds=0.1)
    assert claim(job, claim_end())


def test_job_is_taken_over_when_its_claim_has_run_out(job, clock):
    lost = taken(job)

    clock.advance(seconds=29.9)
    assert claim(job, claim_end()) is None
    clock.advance(seconds=0.1)
    assert claim(job, claim_end()) not in {None, lost}
    assert state(job) == ("running", 2)


def test_renewing_keeps_others_off(job, clock):
    claimed_by = taken(job)
    clock.advance(seconds=20)

    assert renew(job, claimed_by, claim_end())

    clock.advance(seconds=29)
    assert claim(job, claim_end()) is None
    clock.advance(seconds=1)
    assert claim(job, claim_end())


def test_who_lost_job_changes_nothing_any_more(job, clock):
    lost = taken(job)
    clock.advance(seconds=30)
    holder = taken(job)

    assert not renew(job, lost, claim_end())
    assert not settle(job, lost)
    assert not give_up(job, lost, "late", attempt=1)

    assert state(job) == ("running", 2)
    assert settle(job, holder)


def test_settling_forgets_error(job, clock):
    give_up(job, taken(job), "full", attempt=1)
    clock.advance(seconds=10)

    assert settle(job, taken(job))

    assert state(job) == ("done", 2)
    assert row_of(job).error is None


@pytest.mark.parametrize(
    ("attempt", "permanent", "expected", "pause"),
    [
        (1, False, "queued", timedelta(seconds=10)),
        (2, False, "queued", timedelta(seconds=60)),
        (3, False, "failed", LEASE),
        (1, True, "failed", LEASE),
    ],
)
def test_failure_is_followed_by_pause_or_by_end(job, attempt, permanent, expected, pause):
    assert give_up(job, taken(job), "why", attempt=attempt, permanent=permanent)

    row = row_of(job)
    assert (row.status, row.error, row.claimed_by) == (expected, "why", None)
    assert row.due_at == now_of.now() + pause


def test_each_attempt_but_last_has_its_pause():
    assert list(PAUSES) == list(range(1, ATTEMPTS))


def test_requeued_job_has_all_attempts_and_no_error_and_is_due(job):
    give_up(job, taken(job), "damaged", attempt=1, permanent=True)

    assert requeue(job, "failed")

    assert state(job) == ("queued", 0)
    assert row_of(job).error is None
    assert claim(job, claim_end())


def test_job_that_kills_its_workers_is_given_up(job, clock):
    for attempt in range(1, ATTEMPTS + 1):
        assert not give_up_lost(), f"given up after {attempt - 1} attempts"
        taken(job)
        clock.advance(seconds=30)

    assert claim(job, claim_end()) is None
    assert give_up_lost()
    assert state(job) == ("failed", ATTEMPTS)
    assert row_of(job).error == "The worker died in all 3 attempts."


def test_job_in_hand_is_not_given_up(job, clock):
    for _ in range(ATTEMPTS - 1):
        taken(job)
        clock.advance(seconds=30)
    taken(job)

    assert not give_up_lost()


def test_of_many_claims_at_once_one_succeeds(job, app, at_once):
    def one(_):
        with app.app_context():
            claimed_by = claim(job, claim_end())
            db.session.commit()
            return claimed_by

    holders = at_once(8, one)

    assert len([holder for holder in holders if holder]) == 1
    assert state(job) == ("running", 1)
