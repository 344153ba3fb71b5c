"""Two real schedulers on one database, and one that is killed."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from common.testing import wait_until

REMINDERS = 20
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def scheduler(mailbox, project, app, tmp_path):
    """Start `flask scheduler` on the data of the test; all end with it."""
    settings = {
        "DATABASE_URL": app.config["DATABASE_URL"] or "",
        "INSTANCE_PATH": app.instance_path,
        "SMTP_URL": f"smtp://{mailbox.address}",
        "SECRET_KEY": app.config["SECRET_KEY"],
    }
    with ExitStack() as started:

        def start():
            command = [sys.executable, "-m", "flask", "--app", "wsgi", "scheduler"]
            log = started.enter_context((tmp_path / "log").open("ab"))
            process = subprocess.Popen(
                command, cwd=project.root, env=os.environ | settings, stdout=log, stderr=log
            )
            started.callback(process.wait)
            started.callback(process.kill)
            return process

        yield start


@pytest.fixture
def ana(as_user, clock):
    """Ana, ten minutes ago: what she makes for five minutes ago is due now."""
    clock.set((NOW - timedelta(minutes=10)).isoformat())
    ana = as_user("ana")
    ana.put("/me/email", json={"email": "ana@example.com"})
    return ana


def make_due(ana, number):
    starts_at = (NOW - timedelta(minutes=5)).replace(tzinfo=None).isoformat()
    wish = {"title": f"Tea {number}", "starts_at": starts_at, "time_zone": "UTC", "reminders": [0]}
    assert ana.post("/events", json=wish).status_code == 201


def test_two_schedulers_send_each_reminder_once(ana, scheduler, mailbox):
    for number in range(REMINDERS):
        make_due(ana, number)
    with mailbox.hold():
        schedulers = [scheduler(), scheduler()]
        wait_until(lambda: mailbox.attempts == 2, 30, "a mail in the hands of each scheduler")
    wait_until(lambda: len(mailbox.messages) >= REMINDERS, 30, "all mails")
    for process in schedulers:
        process.send_signal(signal.SIGTERM)

    assert [process.wait(10) for process in schedulers] == [0, 0]
    subjects = sorted(mail.subject.partition(":")[0] for mail in mailbox.messages)
    assert subjects == sorted(f"Tea {number}" for number in range(REMINDERS))
    assert ana.get("/reminders?status=sent").headers["X-Total-Count"] == str(REMINDERS)


@pytest.mark.settings(SMTP_URL="smtp://{mailbox}")
def test_reminder_of_killed_scheduler_is_sent_by_next(ana, scheduler, mailbox, clock, work):
    make_due(ana, 1)
    with mailbox.hold():
        process = scheduler()
        wait_until(lambda: mailbox.attempts == 1, 30, "a mail in the hands of the scheduler")
        process.kill()
        process.wait()
    clock.set((NOW + timedelta(hours=1)).isoformat())
    work()

    assert [it["status"] for it in ana.get("/reminders").json] == ["sent"]
    assert mailbox.attempts == 2
    assert len({mail.headers["Message-ID"] for mail in mailbox.messages}) == 1
