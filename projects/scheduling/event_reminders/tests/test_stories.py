"""What the calendar promises to those who use it, over HTTP and by commands alone."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import pairwise
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil.tz import tzical

BEGIN = "2026-03-02T08:00:00Z"  # a Monday, nine o'clock in Vienna


@pytest.fixture
def ana(as_user, clock):
    """Ana, who lives in Vienna, on a Monday at nine."""
    clock.set(BEGIN)
    return as_user("ana", time_zone="Europe/Vienna")


@pytest.fixture
def make(ana):
    """Make an event of ana's and return it: ``make(starts_at="2026-03-03T09:00:00")``."""

    def event(**wish):
        wish = {"title": "Tea", "starts_at": "2026-03-02T12:00:00", **wish}
        response = ana.post("/events", json=wish)
        assert response.status_code == 201, f"POST /events with {wish} should answer 201 Created"
        return response.json

    return event


@pytest.fixture
def happens(ana):
    """Return when an event happens in a year: ``happens(event, 2026)`` → ``["…Z", …]``."""

    def occurrences(event, year=2026, of="at"):
        span = {"from": f"{year}-01-01", "to": f"{year}-12-31"}
        response = ana.get(f"/events/{event['id']}/occurrences", query_string=span)
        assert response.status_code == 200
        return [occurrence[of] for occurrence in response.json]

    return occurrences


@pytest.fixture
def reminders(ana):
    """Return ana's reminders, all or those in a state: ``reminders("sent")``."""

    def found(status=None):
        query = {"per_page": 100} | ({"status": status} if status else {})
        return ana.get("/reminders", query_string=query).json

    return found


@pytest.fixture
def by_mail(ana, mailbox):
    """The mail server; ana wants her reminders by mail."""
    assert ana.put("/me/email", json={"email": "ana@example.com"}).status_code == 200
    return mailbox


with_mail = pytest.mark.settings(SMTP_URL="smtp://{mailbox}")


# events


@pytest.mark.story("events")
def test_new_event_is_described_and_has_location(ana):
    wish = {
        "title": "Tea with Bob",
        "starts_at": "2026-03-02T12:00:00",
        "time_zone": "America/New_York",
        "rrule": "FREQ=WEEKLY;BYDAY=MO",
        "reminders": [10, 60],
    }

    response = ana.post("/events", json=wish)

    assert response.status_code == 201
    assert {name: response.json[name] for name in wish} == wish
    assert ana.get(response.location).json == response.json


@pytest.mark.story("events")
def test_event_without_zone_is_in_that_of_account(make, happens):
    event = make(starts_at="2026-03-02T12:00:00")

    assert event["time_zone"] == "Europe/Vienna"
    assert happens(event) == ["2026-03-02T11:00:00Z"]


@pytest.mark.story("events")
@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("title", ["", "x" * 201, "Tea\r\nBcc: bob@example.com", None, 7]),
        ("starts_at", ["2026-03-02T12:00:00Z", "2026-03-02T12:00:00+01:00", "2026-02-30T12:00:00"]),
        ("starts_at", ["9999-12-31T23:59:59", "1799-12-31T23:59:59", "noon", 1772452800, None]),
        ("time_zone", ["Europe/Atlantis", "../../etc/passwd", "+01:00", "", 1]),
        ("reminders", [[-1], [10**9], [5, 5], [*range(50)], ["10"], [1.5], 10]),
        ("color", ["red"]),
    ],
    ids=["title", "starts_at with an offset", "starts_at", "time_zone", "reminders", "unknown"],
)
def test_malformed_event_is_refused(ana, field, values):
    for value in values:
        wish = {"title": "Tea", "starts_at": "2026-03-02T12:00:00", field: value}
        response = ana.post("/events", json=wish)

        assert response.status_code == 422, f"{field} = {value!r} should be refused"
        assert response.json["errors"][0]["loc"][:2] == ["body", field]


@pytest.mark.story("events")
def test_change_touches_only_what_is_sent(ana, make):
    event = make(rrule="FREQ=WEEKLY", reminders=[10])

    response = ana.patch(f"/events/{event['id']}", json={"title": "Coffee"})

    assert response.json == event | {"title": "Coffee"}
    assert ana.get(f"/events/{event['id']}").json == response.json


@pytest.mark.story("events")
def test_deleted_event_is_gone_with_its_reminders(ana, make, reminders):
    event = make(reminders=[10])

    assert ana.delete(f"/events/{event['id']}").status_code == 204
    assert ana.delete(f"/events/{event['id']}").status_code == 404
    assert reminders() == []


@pytest.mark.story("events")
def test_events_are_listed_newest_first(ana, make):
    events = [make(title=f"Tea {number}") for number in range(3)]

    response = ana.get("/events?per_page=2")

    assert response.json == [events[2], events[1]]
    assert response.headers["X-Total-Count"] == "3"


@pytest.mark.story("events")
def test_event_of_another_user_does_not_exist(as_user, make):
    path, bob = f"/events/{make(reminders=[10])['id']}", as_user("bob")

    assert bob.get(path).status_code == 404
    assert bob.get(f"{path}/occurrences?from=2026-03-01&to=2026-03-31").status_code == 404
    assert bob.get("/events").json == []
    assert bob.get("/reminders").json == []


@pytest.mark.story("events")
def test_event_of_another_user_cannot_be_changed(ana, as_user, make):
    event, bob = make(), as_user("bob")

    changed = bob.patch(f"/events/{event['id']}", json={"title": "Mine"})
    deleted = bob.delete(f"/events/{event['id']}")

    assert (changed.status_code, deleted.status_code) == (404, 404)
    assert ana.get(f"/events/{event['id']}").json == event


@pytest.mark.story("events")
def test_nobody_sees_anything_without_login(client):
    for path in ("/events", "/events/1", "/events/1/occurrences", "/reminders", "/calendar.ics"):
        response = client.get(path)

        assert response.status_code == 401, f"GET {path} should ask for a login"
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


# dst: in Vienna from 02:00 to 03:00 on 29 March 2026, and from 03:00 back to 02:00 on 25 October


@pytest.mark.story("dst")
def test_series_stays_at_its_local_time_when_clocks_change(make, happens):
    event = make(starts_at="2026-03-27T09:00:00", rrule="FREQ=DAILY;COUNT=4")

    assert happens(event) == [
        "2026-03-27T08:00:00Z",
        "2026-03-28T08:00:00Z",
        "2026-03-29T07:00:00Z",
        "2026-03-30T07:00:00Z",
    ]
    assert {local[10:19] for local in happens(event, of="local")} == {"T09:00:00"}


@pytest.mark.story("dst")
@pytest.mark.parametrize(
    ("zone", "starts_at", "at", "local"),
    [
        ("Europe/Vienna", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z", "03:30:00+02:00"),
        ("Europe/Vienna", "2026-03-29T02:00:00", "2026-03-29T01:00:00Z", "03:00:00+02:00"),
        ("America/New_York", "2026-03-08T02:15:00", "2026-03-08T07:15:00Z", "03:15:00-04:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:10:00", "2026-10-03T15:40:00Z", "02:40:00+11:00"),
    ],
)
def test_time_that_clocks_skip_moves_forward(make, happens, zone, starts_at, at, local):
    event = make(starts_at=starts_at, time_zone=zone)

    assert happens(event) == [at]
    assert happens(event, of="local") == [f"{starts_at[:10]}T{local}"]


@pytest.mark.story("dst")
@pytest.mark.parametrize(
    ("zone", "starts_at", "at"),
    [
        ("Europe/Vienna", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),
        ("America/New_York", "2026-11-01T01:00:00", "2026-11-01T05:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00Z"),
    ],
)
def test_of_time_that_clocks_show_twice_first_counts(make, happens, zone, starts_at, at):
    assert happens(make(starts_at=starts_at, time_zone=zone)) == [at]


@pytest.mark.story("dst")
def test_series_moves_forward_on_one_day_that_lacks_its_time(make, happens):
    event = make(starts_at="2026-03-28T02:30:00", rrule="FREQ=DAILY;COUNT=3")

    assert [local[11:16] for local in happens(event, of="local")] == ["02:30", "03:30", "02:30"]


@pytest.mark.story("dst")
def test_reminder_counts_minutes_and_not_what_clocks_show(make, reminders):
    make(starts_at="2026-03-29T03:10:00", reminders=[30])

    assert reminders()[0]["due_at"] == "2026-03-29T00:40:00Z", "half an hour before is 01:40"


# series


@pytest.mark.story("series")
@pytest.mark.parametrize(
    ("rule", "starts_at", "days"),
    [
        ("FREQ=DAILY;INTERVAL=3;COUNT=3", "2026-03-02", ["03-02", "03-05", "03-08"]),
        ("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4", "2026-03-02", ["03-02", "03-04", "03-09", "03-11"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "2026-03-27", ["03-27", "04-24", "05-29"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3", "2026-03-31", ["03-31", "05-31", "07-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", "2026-03-31", ["03-31", "04-30", "05-31"]),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3",
            "2026-03-31",
            ["03-31", "04-30", "05-29"],
        ),
        ("FREQ=DAILY;UNTIL=20260304T110000Z", "2026-03-02", ["03-02", "03-03", "03-04"]),
        ("FREQ=DAILY;UNTIL=20260304T105959Z", "2026-03-02", ["03-02", "03-03"]),
        ("FREQ=YEARLY", "2026-03-02", ["03-02"]),
        # numbers may have a sign and zeros in front
        ("FREQ=YEARLY;BYMONTH=03,5;BYMONTHDAY=+02;COUNT=02", "2026-03-02", ["03-02", "05-02"]),
        ("FREQ=DAILY;INTERVAL=03;COUNT=2", "2026-03-02", ["03-02", "03-05"]),
        ("FREQ=MONTHLY;BYDAY=+01MO;COUNT=2", "2026-03-02", ["03-02", "04-06"]),
        ("FREQ=MONTHLY;BYDAY=-01FR;COUNT=2", "2026-03-27", ["03-27", "04-24"]),
        # the first and the last working day of the month
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1;COUNT=3",
            "2026-03-02",
            ["03-02", "03-31", "04-01"],
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=2,15;BYSETPOS=1;COUNT=2", "2026-03-02", ["03-02", "04-02"]),
        ("FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=2,6;COUNT=2", "2026-03-02", ["03-02", "04-06"]),
    ],
)
def test_event_happens_when_its_rule_says(make, happens, rule, starts_at, days):
    event = make(starts_at=f"{starts_at}T12:00:00", rrule=rule)

    assert [local[5:10] for local in happens(event, of="local")] == days


@pytest.mark.story("series")
def test_leap_day_happens_in_leap_years(make, happens):
    event = make(starts_at="2028-02-29T12:00:00", rrule="FREQ=YEARLY")

    assert {year: len(happens(event, year)) for year in (2029, 2032)} == {2029: 0, 2032: 1}


NONSENSE = ["", "every Monday", "FREQ=HOURLY", "FREQ=WEEKLY;FREQ=DAILY", "FREQ=WEEKLY;BYDAY=XX"]
BAD_NUMBER = ["FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;COUNT=-1", "FREQ=DAILY;COUNT=\u0663"]
BAD_END = [
    "FREQ=DAILY;UNTIL=20260230T000000Z",
    "FREQ=DAILY;UNTIL=20260301T000000Z",
    "FREQ=DAILY;COUNT=3;UNTIL=20261231T000000Z",
]
INJECTION = ["FREQ=DAILY\r\nATTENDEE:mailto:bob@example.com"]
DOES_NOT_FIT = [
    "FREQ=WEEKLY;BYDAY=TU",
    "FREQ=MONTHLY;BYMONTHDAY=3",
    "FREQ=MONTHLY;BYDAY=2MO",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYMONTH=4",
]


@pytest.mark.story("series")
@pytest.mark.parametrize(
    "rules",
    [NONSENSE, BAD_NUMBER, BAD_END, INJECTION, DOES_NOT_FIT],
    ids=["nonsense", "number", "end", "injection", "does not fit the start"],
)
def test_wrong_rule_is_refused(ana, rules):
    for rule in rules:
        wish = {"title": "Tea", "starts_at": "2026-03-02T12:00:00", "rrule": rule}
        response = ana.post("/events", json=wish)

        assert response.status_code == 422, f"{rule!r} should be refused for Monday, 2 March 2026"
        assert response.json["errors"][0]["loc"] == ["body", "rrule"]


@pytest.mark.story("series")
def test_start_cannot_move_away_from_its_rule(ana, make):
    event = make(rrule="FREQ=WEEKLY;BYDAY=MO")

    moved = ana.patch(f"/events/{event['id']}", json={"starts_at": "2026-03-03T12:00:00"})

    assert moved.status_code == 422
    assert ana.get(f"/events/{event['id']}").json == event, "nothing should have changed"


@pytest.mark.story("series")
def test_range_of_occurrences_is_year_at_most(ana, make):
    path = f"/events/{make(rrule='FREQ=DAILY')['id']}/occurrences"

    for query in [
        "from=2026-01-01&to=2027-01-02",
        "from=2026-01-02&to=2026-01-01",
        "from=2026-01-01T00:00:00Z&to=2026-01-02",
        "from=yesterday&to=2026-01-02",
        "from=2026-02-30&to=2026-03-01",
        "from=2026-01-01",
        "",
    ]:
        assert ana.get(f"{path}?{query}").status_code == 422, f"{query} should be refused"


@pytest.mark.story("series")
def test_range_has_its_first_day_and_its_last_in_zone_of_event(ana, make):
    event = make(starts_at="2026-03-02T00:00:00", rrule="FREQ=DAILY", time_zone="Asia/Tokyo")

    response = ana.get(f"/events/{event['id']}/occurrences?from=2026-03-03&to=2026-03-04")

    assert [it["at"] for it in response.json] == ["2026-03-02T15:00:00Z", "2026-03-03T15:00:00Z"]


@pytest.mark.story("series")
def test_range_far_from_all_occurrences_is_empty(ana, make):
    path = f"/events/{make(rrule='FREQ=DAILY')['id']}/occurrences"

    for query in ("from=0001-01-01&to=0001-12-31", "from=9999-01-01&to=9999-12-31"):
        response = ana.get(f"{path}?{query}")
        assert (response.status_code, response.json) == (200, []), query


# once


@pytest.mark.story("once")
@with_mail
def test_reminder_goes_out_when_it_is_due_and_not_before(by_mail, make, clock, work, reminders):
    make(title="Tea with Bob", starts_at="2026-03-02T12:00:00", reminders=[30])

    clock.set("2026-03-02T10:29:59Z")
    work()
    assert by_mail.messages == [], "half an hour before twelve in Vienna is 10:30 UTC"

    clock.set("2026-03-02T10:30:00Z")
    work()
    [mail] = by_mail.messages
    assert mail.to == "ana@example.com"
    assert "Tea with Bob" in mail.subject
    assert "12:00" in mail.subject + mail.text
    [reminder] = reminders("sent")
    assert reminder["sent_at"] == "2026-03-02T10:30:00Z"


@pytest.mark.story("once")
@with_mail
def test_reminder_that_has_gone_out_does_not_go_again(by_mail, make, clock, work):
    make(reminders=[30])
    clock.set("2026-03-02T10:30:00Z")

    for _ in range(5):
        work()
        clock.advance(minutes=10)

    assert len(by_mail.messages) == 1


@pytest.mark.story("once")
@with_mail
def test_each_of_events_reminders_goes_out(by_mail, make, clock, work):
    make(reminders=[0, 10, 120])

    arrived = []
    for moment in ("2026-03-02T09:00:00Z", "2026-03-02T10:50:00Z", "2026-03-02T11:00:00Z"):
        clock.set(moment)
        work()
        arrived.append(len(by_mail.messages))

    assert arrived == [1, 2, 3]


@pytest.mark.story("once")
@with_mail
def test_every_occurrence_of_series_has_its_reminder(by_mail, make, clock, work):
    make(starts_at="2026-03-27T09:00:00", rrule="FREQ=DAILY;COUNT=4", reminders=[10])
    arrived = []

    clock.set("2026-03-27T00:00:00Z")
    for _quarter_day in range(6 * 4):
        before = len(by_mail.messages)
        work()
        arrived += [len(by_mail.messages) - before]
        clock.advance(hours=6)

    assert sum(arrived) == 4
    assert max(arrived) == 1


@pytest.mark.story("once")
@with_mail
def test_many_who_send_what_is_due_at_once_send_each_reminder_once(
    by_mail, make, clock, at_once, work
):
    for number in range(12):
        make(title=f"Tea {number}", reminders=[30])
    clock.set("2026-03-02T10:30:00Z")

    at_once(4, lambda _: work())

    subjects = [mail.subject for mail in by_mail.messages]
    assert len(subjects) == 12, f"12 reminders were due, and {len(subjects)} mails came"
    assert len({*subjects}) == 12


@pytest.mark.story("once")
def test_without_address_reminder_is_printed(make, run, reminders):
    make(title="Tea with Bob", reminders=[30])

    result = run("send-due", "--as-of", "2026-03-02T10:30:00Z")

    assert result.exit_code == 0
    assert "ana" in result.output
    assert "Tea with Bob" in result.output
    assert len(reminders("sent")) == 1


@pytest.mark.story("once")
def test_command_says_what_it_has_sent(make, run):
    make(title="Tea", reminders=[30, 60])
    moment = ("--as-of", "2026-03-02T10:30:00Z")

    first, again = run("send-due", *moment), run("send-due", *moment)

    assert "Sent 2," in first.output
    assert "Sent 0," in again.output


@pytest.mark.story("once")
def test_command_refuses_what_is_no_moment_or_too_far_away(make, run, reminders):
    make(reminders=[30])

    for moment in ["soon", "", "2026-03-02T10:30:00", "2036-03-02T10:30:00Z"]:
        assert run("send-due", "--as-of", moment).exit_code == 2, f"{moment!r} should be refused"
    assert len(reminders("pending")) == 1


@pytest.mark.story("once")
def test_what_is_not_one_address_is_refused(ana):
    for email in ["", "ana", "@b.example", "a@b.example,c@d.example", "a@b.example\r\nBcc: c@d.ee"]:
        response = ana.put("/me/email", json={"email": email})

        assert response.status_code == 422, f"{email!r} should be refused"


# catch-up


@pytest.mark.story("catch-up")
@pytest.mark.parametrize(
    ("late", "status"),
    [({"hours": 23}, "sent"), ({"hours": 24}, "sent"), ({"hours": 24, "seconds": 1}, "missed")],
    ids=["23 h", "24 h", "24 h 1 s"],
)
def test_late_reminder_goes_out_within_day(make, clock, work, reminders, late, status):
    make(reminders=[30])
    clock.set("2026-03-02T10:30:00Z")
    clock.advance(**late)

    work()

    assert [it["status"] for it in reminders()] == [status]


@pytest.mark.story("catch-up")
@with_mail
def test_series_goes_on_after_week_without_scheduler(by_mail, make, clock, work, reminders):
    make(starts_at="2026-03-02T12:00:00", rrule="FREQ=DAILY", reminders=[0])

    clock.set("2026-03-09T10:00:00Z")
    work()

    assert len(by_mail.messages) == 1
    assert [it["occurs_at"][:10] for it in reminders("sent")] == ["2026-03-08"]
    missed = [it["occurs_at"][:10] for it in reminders("missed")]
    assert missed == [f"2026-03-0{day}" for day in range(2, 8)]
    assert [it["occurs_at"] for it in reminders("pending")] == ["2026-03-09T11:00:00Z"]


# move


@pytest.mark.story("move")
@with_mail
def test_moved_event_moves_its_reminders(ana, by_mail, make, clock, work, reminders):
    event = make(starts_at="2026-03-02T12:00:00", reminders=[30])

    ana.patch(f"/events/{event['id']}", json={"starts_at": "2026-03-02T18:00:00"})
    assert [it["due_at"] for it in reminders()] == ["2026-03-02T16:30:00Z"]

    clock.set("2026-03-02T16:29:00Z")
    work()
    assert by_mail.messages == [], "the reminder of the old time should be gone"
    clock.set("2026-03-02T16:30:00Z")
    work()
    assert len(by_mail.messages) == 1


@pytest.mark.story("move")
@pytest.mark.parametrize(
    ("change", "due"),
    [
        ({"time_zone": "America/New_York"}, ["2026-03-02T16:30:00Z"]),
        ({"reminders": [90]}, ["2026-03-02T09:30:00Z"]),
        ({"reminders": [15, 90]}, ["2026-03-02T09:30:00Z", "2026-03-02T10:45:00Z"]),
        ({"reminders": []}, []),
        ({"title": "Coffee"}, ["2026-03-02T10:30:00Z"]),
        ({"starts_at": "2026-03-01T12:00:00"}, []),
    ],
    ids=lambda value: repr(value) if isinstance(value, dict) else "",
)
def test_reminders_follow_every_change_of_times(ana, make, reminders, change, due):
    event = make(starts_at="2026-03-02T12:00:00", reminders=[30])

    ana.patch(f"/events/{event['id']}", json=change)

    assert [it["due_at"] for it in reminders("pending")] == due


@pytest.mark.story("move")
def test_what_was_sent_stays_as_it_is(ana, make, clock, work, reminders):
    event = make(starts_at="2026-03-02T12:00:00", rrule="FREQ=DAILY", reminders=[30])
    clock.set("2026-03-02T10:30:00Z")
    work()

    ana.patch(f"/events/{event['id']}", json={"starts_at": "2026-03-02T18:00:00"})

    assert [it["due_at"] for it in reminders("sent")] == ["2026-03-02T10:30:00Z"]
    assert [it["due_at"] for it in reminders("pending")] == ["2026-03-02T16:30:00Z"]


@pytest.mark.story("move")
@pytest.mark.parametrize(
    ("starts_at", "rule"),
    [
        ("2026-03-02T08:00:00", None),
        ("2026-03-01T12:00:00", "FREQ=DAILY;COUNT=1"),
    ],
)
def test_event_in_past_has_no_reminders(make, reminders, starts_at, rule):
    make(starts_at=starts_at, rrule=rule, reminders=[0, 10])

    assert reminders() == []


@pytest.mark.story("move")
def test_series_from_past_reminds_of_what_is_still_to_come(make, reminders):
    make(starts_at="2026-02-02T12:00:00", rrule="FREQ=DAILY", reminders=[30])

    assert [it["due_at"] for it in reminders()] == ["2026-03-02T10:30:00Z"]


# retry


@pytest.mark.story("retry")
@with_mail
def test_mail_refused_for_now_is_tried_again(by_mail, make, clock, work, reminders):
    make(reminders=[30])
    clock.set("2026-03-02T10:30:00Z")
    by_mail.refuse()
    work()
    assert [it["status"] for it in reminders()] == ["pending"]
    assert reminders()[0]["attempts"] == 1
    assert reminders()[0]["error"]

    by_mail.accept()
    clock.advance(hours=2)
    work()
    work()

    assert len(by_mail.messages) == 1
    assert [it["status"] for it in reminders()] == ["sent"]


@pytest.mark.story("retry")
@with_mail
def test_mail_refused_again_and_again_fails_after_five_tries(by_mail, make, clock, work, reminders):
    make(reminders=[30])
    clock.set("2026-03-02T10:30:00Z")
    by_mail.refuse()

    for _ in range(10):
        work()
        clock.advance(hours=2)

    assert by_mail.attempts == 5
    assert [it["status"] for it in reminders()] == ["failed"]


@pytest.mark.story("retry")
@with_mail
def test_second_try_waits_longer_than_first(by_mail, make, clock, work):
    make(reminders=[30])
    clock.set("2026-03-02T10:30:00Z")
    by_mail.refuse()

    tries = []
    for minute in range(60):
        before = by_mail.attempts
        work()
        tries += [minute] * (by_mail.attempts - before)
        clock.advance(minutes=1)

    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert len(waits) >= 2, f"within an hour only {len(tries)} tries were made"
    assert waits == sorted({*waits}), f"the waits of {waits} minutes should grow"


@pytest.mark.story("retry")
@with_mail
def test_mail_refused_for_good_is_not_tried_again(by_mail, make, clock, work, reminders):
    make(reminders=[30])
    clock.set("2026-03-02T10:30:00Z")
    by_mail.refuse(permanently=True)

    for _ in range(3):
        work()
        clock.advance(hours=2)

    assert by_mail.attempts == 1
    assert [it["status"] for it in reminders()] == ["failed"]


@pytest.mark.story("retry")
@with_mail
def test_refused_mail_keeps_nobody_else_waiting(as_user, by_mail, make, clock, work):
    bob = as_user("bob")
    bob.put("/me/email", json={"email": "bob@example.com"})
    make(reminders=[30])
    wish = {"title": "Tea", "starts_at": "2026-03-02T11:00:00", "reminders": [30]}
    assert bob.post("/events", json=wish).status_code == 201
    clock.set("2026-03-02T10:30:00Z")
    by_mail.refuse("ana@example.com")

    work()

    assert [mail.to for mail in by_mail.messages] == ["bob@example.com"]


@pytest.mark.story("retry")
@with_mail
def test_refused_reminder_moves_with_its_event(ana, by_mail, make, clock, work):
    event = make(reminders=[30])
    clock.set("2026-03-02T10:30:00Z")
    by_mail.refuse()
    work()

    by_mail.accept()
    ana.patch(f"/events/{event['id']}", json={"starts_at": "2026-03-02T18:00:00"})
    clock.set("2026-03-02T15:00:00Z")
    work()
    assert by_mail.messages == []
    clock.set("2026-03-02T16:30:00Z")
    work()

    assert len(by_mail.messages) == 1


# calendar


@pytest.fixture
def calendar(ana):
    """Return ana's calendar, read by another program."""

    def read():
        response = ana.get("/calendar.ics")
        assert response.status_code == 200
        assert response.content_type.startswith("text/calendar")
        return icalendar.Calendar.from_ical(response.data)

    return read


@pytest.mark.story("calendar")
def test_calendar_has_events(make, calendar):
    make(title="Tea; with Bob, and\\or Eve", starts_at="2026-03-02T12:00:00")

    [event] = calendar().walk("VEVENT")

    assert event["SUMMARY"] == "Tea; with Bob, and\\or Eve"
    assert event["DTSTART"].dt == datetime.fromisoformat("2026-03-02T12:00:00+01:00")
    assert event["UID"]
    assert event["DTSTAMP"].dt.utcoffset() == timedelta(0)


@pytest.mark.story("calendar")
def test_series_keeps_its_rule_and_its_zone(make, calendar):
    make(starts_at="2026-03-02T12:00:00", rrule="FREQ=WEEKLY;BYDAY=MO;COUNT=10", reminders=[30])

    file = calendar()

    [event] = file.walk("VEVENT")
    assert event["RRULE"] == {"FREQ": ["WEEKLY"], "BYDAY": ["MO"], "COUNT": [10]}
    assert event["DTSTART"].params["TZID"] == "Europe/Vienna", (
        "in UTC it would move with the clocks"
    )
    [alarm] = event.walk("VALARM")
    assert alarm["TRIGGER"].dt == timedelta(minutes=-30)
    assert [zone["TZID"] for zone in file.walk("VTIMEZONE")] == ["Europe/Vienna"]


@pytest.mark.story("calendar")
@pytest.mark.parametrize(
    "zone",
    ["Europe/Vienna", "America/New_York", "Australia/Sydney", "America/St_Johns", "Asia/Tokyo"],
)
def test_program_that_knows_zones_from_file_alone_reads_right_times(ana, make, zone):
    make(starts_at="2026-01-15T12:00:00", time_zone=zone, rrule="FREQ=MONTHLY")

    text = ana.get("/calendar.ics").text

    described = tzical(StringIO(text)).get(zone)
    for month in range(1, 13):
        local = datetime(2026, month, 15, 12)  # noqa: DTZ001  # what the file says
        at = local.replace(tzinfo=described).astimezone(UTC)
        assert at == local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC), f"{local} in {zone}"


@pytest.mark.story("calendar")
def test_zone_is_described_by_rules_and_by_clocks_before_their_change(make, calendar):
    make()

    [zone] = calendar().walk("VTIMEZONE")

    onsets = {
        part.name: (part["DTSTART"].dt, part["TZOFFSETFROM"].td, dict(part["RRULE"]))
        for part in zone.subcomponents
        if "RRULE" in part
    }
    assert onsets == {
        "DAYLIGHT": (
            datetime(2000, 3, 26, 2),  # noqa: DTZ001  # two o'clock, which becomes three
            timedelta(hours=1),
            {"FREQ": ["YEARLY"], "BYMONTH": [3], "BYDAY": ["-1SU"]},
        ),
        "STANDARD": (
            datetime(2000, 10, 29, 3),  # noqa: DTZ001
            timedelta(hours=2),
            {"FREQ": ["YEARLY"], "BYMONTH": [10], "BYDAY": ["-1SU"]},
        ),
    }


@pytest.mark.story("calendar")
def test_lines_are_at_most_75_octets_and_end_as_they_should(ana, make):
    title = "Frühstück 🥐 mit Übergrößen, " * 6
    make(title=title)

    lines = ana.get("/calendar.ics").data.split(b"\r\n")

    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line for line in lines)
    assert [event["SUMMARY"] for event in icalendar.Calendar.from_ical(b"\r\n".join(lines)).events]
    for line in lines:
        line.decode()  # a fold inside a character is none


@pytest.mark.story("calendar")
def test_event_keeps_its_identity_and_tells_that_it_has_changed(ana, make, calendar, clock):
    event = make()
    [before] = calendar().walk("VEVENT")
    clock.advance(minutes=1)
    ana.patch(f"/events/{event['id']}", json={"title": "Coffee"})
    [after] = calendar().walk("VEVENT")

    assert after["UID"] == before["UID"]
    assert after["DTSTAMP"].dt > before["DTSTAMP"].dt


@pytest.mark.story("calendar")
def test_calendar_has_only_ones_own_events(as_user, make, calendar):
    make()

    bob = as_user("bob").get("/calendar.ics")

    assert b"VEVENT" not in bob.data
    assert len(calendar().walk("VEVENT")) == 1
