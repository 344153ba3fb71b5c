"""What the service promises to those who use it, over HTTP alone."""

from datetime import date, timedelta

import pytest

THURSDAY = "2026-03-12"
WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]
EVERY_DAY = [*WORKDAYS, "sat", "sun"]


@pytest.fixture(autouse=True)
def noon(clock):
    """It is noon in UTC on Thursday, 2026-03-12, until a test says something else."""
    clock.set(f"{THURSDAY}T12:00:00Z")


@pytest.fixture
def ana(as_user):
    """Ana, who lives in UTC."""
    return as_user("ana")


@pytest.fixture
def begin(ana):
    """Begin a habit of Ana's and return its URL: ``begin(weekdays=["mon"])``."""

    def make(client=ana, **wish):
        response = client.post("/habits", json={"name": "Read", **wish})
        assert response.status_code == 201, "POST /habits should answer 201 Created"
        return f"/habits/{response.json['id']}"

    return make


@pytest.fixture
def stats(ana):
    """Return the statistics of a habit: ``stats(habit)["current_streak"]``."""

    def read(habit, client=ana):
        response = client.get(f"{habit}/stats")
        assert response.status_code == 200, "GET /habits/{id}/stats should answer 200"
        return response.json

    return read


@pytest.fixture
def done(ana):
    """Write down that a habit was done on days: so many days before 2026-03-12."""

    def write(habit, *back, client=ana):
        for number in back:
            response = client.put(f"{habit}/check-ins/{ago(number)}")
            assert response.status_code == 200, f"PUT for {number} days ago should answer 200"

    return write


def ago(number):
    return date.fromisoformat(THURSDAY) - timedelta(days=number)


def states(client, habit, year=2026):
    days = client.get(f"{habit}/calendar?year={year}").json["days"]
    return {day["date"]: day["state"] for day in days}


# habits


@pytest.mark.story("habits")
def test_new_habit_is_for_every_day_and_once_day(ana):
    response = ana.post("/habits", json={"name": " Read "})

    habit = response.json
    assert response.status_code == 201
    assert (habit["name"], habit["weekdays"]) == ("Read", EVERY_DAY)
    assert (habit["target_per_day"], habit["started_on"]) == (1, THURSDAY)
    assert ana.get(response.location).json == habit, "Location should lead to the new habit"


@pytest.mark.story("habits")
def test_impossible_habits_are_refused(ana):
    wrong = {
        "name": ["", "   ", "x" * 81, None],
        "weekdays": [[], ["monday"], ["mon", "mon"], [0], "mon"],
        "target_per_day": [0, 1001, 1.5, "2", None],
        "colour": ["red"],
    }
    for field, values in wrong.items():
        for value in values:
            response = ana.post("/habits", json={"name": "Read", field: value})

            assert response.status_code == 422, f"{field} {value!r} should be refused with 422"
            assert field in response.text, "the answer should name the field"


@pytest.mark.story("habits")
def test_habits_are_listed_in_order_in_which_they_began(ana, begin):
    for name in ("Read", "Run", "Rest"):
        begin(name=name)

    response = ana.get("/habits?per_page=2")

    assert [habit["name"] for habit in response.json] == ["Read", "Run"]
    assert response.headers["X-Total-Count"] == "3"


@pytest.mark.story("habits")
def test_habit_changes_in_what_is_sent(ana, begin):
    habit = begin()

    changed = ana.patch(habit, json={"name": "Run", "weekdays": ["sun", "mon"]}).json

    assert (changed["name"], changed["weekdays"]) == ("Run", ["mon", "sun"])
    assert changed["target_per_day"] == 1
    assert ana.get(habit).json == changed


@pytest.mark.story("habits")
def test_deleted_habit_is_gone_with_its_check_ins(ana, begin, done):
    habit = begin()
    done(habit, 0, 1)

    assert ana.delete(habit).status_code == 204
    assert ana.get(f"{habit}/calendar").status_code == 404
    assert ana.delete(habit).status_code == 404


# private

ROUTES = [
    ("GET", ""),
    ("PATCH", ""),
    ("DELETE", ""),
    ("POST", "/check-in"),
    ("PUT", f"/check-ins/{THURSDAY}"),
    ("DELETE", f"/check-ins/{THURSDAY}"),
    ("GET", "/stats"),
    ("GET", "/calendar"),
]


@pytest.mark.story("private")
def test_habit_of_another_is_404(as_user, begin):
    habit, bob = begin(), as_user("bob")

    for method, path in ROUTES:
        body = {"json": {"name": "Mine"}} if method == "PATCH" else {}
        status = bob.open(habit + path, method=method, **body).status_code
        assert status == 404, f"{method} {habit}{path}: Bob must not learn that it is there"


@pytest.mark.story("private")
def test_without_login_there_is_401(client, begin):
    habit = begin()

    for method, url in [("GET", "/habits"), ("POST", "/habits")] + [
        (method, habit + path) for method, path in ROUTES
    ]:
        response = client.open(url, method=method)
        assert response.status_code == 401, f"{method} {url} should ask for a login first"
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.story("private")
def test_list_shows_only_my_habits(as_user, begin):
    begin(name="Ana's")
    begin(as_user("bob"), name="Bob's")

    assert [habit["name"] for habit in as_user("bob").get("/habits").json] == ["Bob's"]


# today


@pytest.mark.story("today")
@pytest.mark.parametrize(
    ("zone", "today"),
    [
        ("UTC", "2026-03-12"),
        ("Pacific/Kiritimati", "2026-03-13"),
    ],
)
def test_check_in_is_for_date_in_my_zone(as_user, begin, zone, today):
    bob = as_user("bob", time_zone=zone)

    response = bob.post(f"{begin(bob)}/check-in")

    assert response.status_code == 200
    assert response.json == {"date": today, "count": 1, "target": 1, "done": True}


@pytest.mark.story("today")
@pytest.mark.parametrize(
    ("moment", "today"),
    [("2026-03-12T04:59:59Z", "2026-03-11"), ("2026-03-12T05:00:00Z", "2026-03-12")],
)
def test_day_begins_at_midnight_in_my_zone(as_user, begin, clock, moment, today):
    bob = as_user("bob", time_zone="America/Bogota")  # five hours behind UTC
    habit = begin(bob)
    clock.set(moment)

    assert bob.post(f"{habit}/check-in").json["date"] == today


@pytest.mark.story("today")
def test_day_is_done_when_its_target_is_reached(ana, begin, stats):
    habit = begin(target_per_day=3)

    days = [ana.post(f"{habit}/check-in").json for _ in range(4)]

    assert [day["count"] for day in days] == [1, 2, 3, 4]
    assert [day["done"] for day in days] == [False, False, True, True]
    assert stats(habit)["count_today"] == 4


@pytest.mark.story("today")
def test_partly_done_day_is_not_done(ana, begin):
    habit = begin(target_per_day=3)
    for _ in range(2):
        ana.post(f"{habit}/check-in")

    assert states(ana, habit)[THURSDAY] == "open"


@pytest.mark.story("today")
def test_next_day_begins_with_none(ana, begin, stats, clock):
    habit = begin()
    ana.post(f"{habit}/check-in")
    clock.advance(days=1)

    assert stats(habit)["count_today"] == 0


@pytest.mark.story("today")
def test_ten_check_ins_at_once_count_as_ten(ana, begin, stats, at_once):
    habit = begin(target_per_day=10)

    responses = at_once(10, lambda _: ana.post(f"{habit}/check-in"))

    statuses = [response.status_code for response in responses]
    assert statuses == [200] * 10, "each of ten check-ins at once should be counted"
    assert stats(habit)["count_today"] == 10


# days


@pytest.mark.story("days")
def test_putting_day_twice_is_like_once(ana, begin):
    habit = begin(target_per_day=2)

    first, second = (ana.put(f"{habit}/check-ins/{ago(1)}") for _ in range(2))

    assert first.json == {"date": "2026-03-11", "count": 2, "target": 2, "done": True}
    assert (second.status_code, second.json) == (first.status_code, first.json)
    assert [*states(ana, habit).values()].count("done") == 1


@pytest.mark.story("days")
def test_put_replaces_count(ana, begin):
    habit = begin(target_per_day=3)
    ana.put(f"{habit}/check-ins/{ago(1)}")

    changed = ana.put(f"{habit}/check-ins/{ago(1)}?count=2").json

    assert (changed["count"], changed["done"]) == (2, False)


@pytest.mark.story("days")
def test_last_thirty_days_and_today_can_be_written(ana, begin):
    habit = begin()

    for number, status in [(-1, 422), (0, 200), (30, 200), (31, 422)]:
        response = ana.put(f"{habit}/check-ins/{ago(number)}")
        assert response.status_code == status, f"{ago(number)} should be answered with {status}"


@pytest.mark.story("days")
def test_tomorrow_in_utc_is_today_in_kiritimati(as_user, begin, done):
    bob = as_user("bob", time_zone="Pacific/Kiritimati")
    done(begin(bob), -1, client=bob)


@pytest.mark.story("days")
def test_day_that_cannot_be_written_cannot_be_taken_back(ana, begin):
    habit = begin()

    assert ana.delete(f"{habit}/check-ins/{ago(-1)}").status_code == 422
    assert ana.delete(f"{habit}/check-ins/{ago(31)}").status_code == 422


@pytest.mark.story("days")
def test_what_is_no_date_is_refused(ana, begin):
    habit = begin()

    for day in ("2026-02-30", "20260311", "2026-W11-3", "1773187200", "today", "2026-03-11T00:00"):
        status = ana.put(f"{habit}/check-ins/{day}").status_code
        assert status == 422, f"{day} is no date like 2026-03-11"


@pytest.mark.story("days")
def test_impossible_counts_are_refused(ana, begin):
    habit = begin()

    for count in ("0", "-1", "1001", "x", ""):
        status = ana.put(f"{habit}/check-ins/{THURSDAY}?count={count}").status_code
        assert status == 422, f"?count={count} should be refused"


@pytest.mark.story("days")
def test_day_taken_back_is_not_done(ana, begin, done):
    habit = begin()
    done(habit, 0, 1)

    assert ana.delete(f"{habit}/check-ins/{ago(0)}").status_code == 204
    assert ana.delete(f"{habit}/check-ins/{ago(0)}").status_code == 404
    assert [*states(ana, habit).values()].count("done") == 1


# streak


@pytest.mark.story("streak")
@pytest.mark.parametrize(
    ("back", "streak"),
    [([], 0), ([0, 1, 2], 3), ([1, 2], 2), ([2, 3], 0), ([0, 2, 3], 1)],
)
def test_streak_counts_back_from_today(begin, done, stats, back, streak):
    habit = begin()
    done(habit, *back)

    assert stats(habit)["current_streak"] == streak, f"done so many days ago: {back}"


@pytest.mark.story("streak")
def test_streak_ends_when_open_day_is_over(begin, done, stats, clock):
    habit = begin()
    done(habit, 0, 1)
    clock.advance(days=1)
    assert stats(habit)["current_streak"] == 2, "today is still open"

    clock.advance(days=1)

    assert stats(habit)["current_streak"] == 0


@pytest.mark.story("streak")
def test_days_off_neither_break_nor_lengthen(begin, done, stats):
    habit = begin(weekdays=WORKDAYS)
    done(habit, 0, 1, 2, 3, 5, 6)  # 4 and 5 days ago were a weekend

    assert stats(habit)["current_streak"] == 5


@pytest.mark.story("streak")
def test_weekly_habit_is_measured_in_weeks(begin, done, stats):
    habit = begin(weekdays=["sun"])
    done(habit, 4, 11, 18)

    assert stats(habit)["current_streak"] == 3


@pytest.mark.story("streak")
def test_day_filled_in_later_mends_streak(begin, done, stats):
    habit = begin()
    done(habit, 0, 1, 3, 4)

    done(habit, 2)

    assert stats(habit)["current_streak"] == 5


# longest


@pytest.mark.story("longest")
@pytest.mark.parametrize(
    ("back", "longest"),
    [([], 0), ([0, 1, 5, 6, 7], 3), ([10, 11, 12, 14, 15], 3), ([0, 1, 2, 4], 3)],
)
def test_longest_streak_is_kept(begin, done, stats, back, longest):
    habit = begin()
    done(habit, *back)

    assert stats(habit)["longest_streak"] == longest, f"done so many days ago: {back}"


@pytest.mark.story("longest")
def test_longest_streak_goes_over_days_off(begin, done, stats):
    habit = begin(weekdays=WORKDAYS)
    done(habit, 6, 7, 8, 10, 13)  # Friday, Thursday, Wednesday; Monday; Friday before

    assert stats(habit)["longest_streak"] == 3


@pytest.mark.story("longest")
def test_day_filled_in_joins_two_streaks(begin, done, stats):
    habit = begin()
    done(habit, 10, 11, 13, 14)
    assert stats(habit)["longest_streak"] == 2

    done(habit, 12)

    assert stats(habit)["longest_streak"] == 5


@pytest.mark.story("longest")
def test_longest_streak_is_older_than_thirty_days(begin, done, stats, clock):
    habit = begin()
    done(habit, 0, 1, 2, 3)
    clock.advance(days=400)

    assert stats(habit)["longest_streak"] == 4


# travel


@pytest.mark.story("travel")
@pytest.mark.parametrize(
    ("zone", "evenings"),
    [
        ("Europe/Vienna", ["2026-03-28T22:30:00Z", "2026-03-29T21:30:00Z", "2026-03-30T21:30:00Z"]),
        ("Europe/Vienna", ["2026-10-24T21:30:00Z", "2026-10-25T22:30:00Z", "2026-10-26T22:30:00Z"]),
        ("Africa/Cairo", ["2026-04-23T21:30:00Z", "2026-04-24T20:30:00Z", "2026-04-25T20:30:00Z"]),
    ],
    ids=["forward", "back", "forward at midnight"],
)
def test_half_past_eleven_each_night_is_streak(as_user, begin, stats, clock, zone, evenings):
    bob = as_user("bob", time_zone=zone)
    clock.set(evenings[0])
    habit = begin(bob)

    for evening in evenings:
        clock.set(evening)
        bob.post(f"{habit}/check-in")

    assert stats(habit, bob)["current_streak"] == 3


@pytest.mark.story("travel")
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_move_to_another_zone_keeps_every_day(ana, begin, done, stats, zone):
    habit = begin()
    done(habit, *range(5))
    before = {day for day, state in states(ana, habit).items() if state == "done"}

    assert ana.patch("/me", json={"time_zone": zone}).status_code == 200

    assert {day for day, state in states(ana, habit).items() if state == "done"} == before
    assert stats(habit)["current_streak"] == 5


@pytest.mark.story("travel")
def test_day_done_in_east_still_counts_in_west(as_user, begin, done, stats):
    bob = as_user("bob", time_zone="Pacific/Kiritimati")  # it is Friday there
    habit = begin(bob)
    done(habit, -1, 0, 1, client=bob)

    bob.patch("/me", json={"time_zone": "America/Bogota"})  # Thursday again

    assert stats(habit, bob)["current_streak"] == 3


@pytest.mark.story("travel")
@pytest.mark.parametrize(
    ("moment", "days"),
    [
        ("2026-03-12T10:30:00Z", (9, 10, 13)),  # from Wednesday, the 11th, to Friday, the 13th
        ("2026-03-12T11:30:00Z", (10, 11, 13)),  # from Thursday, the 12th, an hour after midnight
    ],
)
def test_day_skipped_over_date_line_breaks_nothing(as_user, begin, stats, clock, moment, days):
    clock.set(moment)
    bob = as_user("bob", time_zone="Pacific/Pago_Pago")
    habit = begin(bob)
    before, last, first_there = days
    for day in (before, last):
        bob.put(f"{habit}/check-ins/2026-03-{day:02}")

    bob.patch("/me", json={"time_zone": "Pacific/Kiritimati"})
    bob.put(f"{habit}/check-ins/2026-03-{first_there}")

    found = stats(habit, bob)
    assert (found["current_streak"], found["missed"]) == (3, 0)
    assert states(bob, habit)["2026-03-12"] == "off", "there was no end of Thursday for Bob"


@pytest.mark.story("travel")
def test_day_that_zone_left_out_breaks_nothing(as_user, begin, stats, clock):
    clock.set("2011-12-29T12:00:00Z")
    bob = as_user("bob", time_zone="Pacific/Apia")  # Samoa went from 29 to 31 December 2011
    habit = begin(bob)
    bob.post(f"{habit}/check-in")
    clock.advance(days=1)
    assert bob.post(f"{habit}/check-in").json["date"] == "2011-12-31"
    assert stats(habit, bob)["current_streak"] == 2

    bob.patch("/me", json={"time_zone": "Europe/Vienna"})

    found = stats(habit, bob)
    assert (found["current_streak"], found["longest_streak"]) == (2, 2), "Bob lived in Samoa then"


@pytest.mark.story("travel")
def test_day_missed_before_move_stays_missed(as_user, begin, stats, done):
    bob = as_user("bob", time_zone="Pacific/Pago_Pago")
    habit = begin(bob)
    done(habit, 1, 2, 4, client=bob)

    bob.patch("/me", json={"time_zone": "Pacific/Kiritimati"})

    found = stats(habit, bob)
    assert (found["current_streak"], found["missed"]) == (2, 1)


@pytest.mark.story("travel")
def test_streak_goes_on_after_move(as_user, begin, stats, clock):
    bob = as_user("bob", time_zone="Asia/Tokyo")
    habit = begin(bob)
    bob.post(f"{habit}/check-in")  # Thursday, 21:00 in Tokyo
    bob.patch("/me", json={"time_zone": "America/Bogota"})
    clock.advance(hours=20)  # Friday, 03:00 in Bogotá

    assert bob.post(f"{habit}/check-in").json["date"] == "2026-03-13"
    assert stats(habit, bob)["current_streak"] == 2


# stats


@pytest.mark.story("stats")
def test_thirty_days_are_summed_up(begin, done, stats, clock):
    habit = begin()
    done(habit, 0, 1, 2, 5)
    clock.advance(days=5)  # five days without, of which today is open

    found = stats(habit)

    assert found["today"] == "2026-03-17"
    assert (found["done"], found["missed"], found["rate"]) == (4, 6, 0.4)


@pytest.mark.story("stats")
def test_days_before_habit_began_are_not_missed(begin, stats):
    found = stats(begin())

    assert (found["done"], found["missed"], found["rate"]) == (0, 0, None)


@pytest.mark.story("stats")
def test_each_weekday_is_counted_by_itself(begin, done, stats):
    habit = begin(weekdays=["mon", "wed"])
    done(habit, 1, 3, 10)  # Wednesday, Monday, Monday; the Wednesday between is missed

    found = {day.pop("weekday"): day for day in stats(habit)["per_weekday"]}

    assert list(found) == EVERY_DAY
    assert found["mon"] == {"done": 2, "missed": 0}
    assert found["wed"] == {"done": 1, "missed": 1}
    assert found["tue"] == {"done": 0, "missed": 0}


@pytest.mark.story("stats")
@pytest.mark.parametrize("change", [{"weekdays": EVERY_DAY}, {"target_per_day": 3}])
def test_change_of_mind_leaves_past_alone(ana, begin, done, stats, clock, change):
    habit = begin(weekdays=WORKDAYS)
    done(habit, *[number for number in range(7) if ago(number).weekday() < 5])
    clock.advance(days=1)

    ana.patch(habit, json=change)

    assert stats(habit)["current_streak"] == 5


@pytest.mark.story("stats")
def test_plan_corrected_on_its_first_day_never_counted(ana, begin, stats):
    habit = begin(target_per_day=5)

    ana.patch(habit, json={"target_per_day": 1})
    ana.put(f"{habit}/check-ins/{ago(1)}?count=1")

    assert stats(habit)["current_streak"] == 1, "no day was ever meant for five times"


@pytest.mark.story("stats")
def test_new_target_counts_from_today_on(ana, begin, stats, done):
    habit = begin()
    done(habit, 0)

    ana.patch(habit, json={"target_per_day": 2})

    assert stats(habit)["current_streak"] == 0
    assert ana.post(f"{habit}/check-in").json["done"] is True


# calendar


@pytest.mark.story("calendar")
def test_year_has_all_its_days(ana, begin):
    habit = begin()

    for year, length in [(2024, 366), (2026, 365)]:
        days = list(states(ana, habit, year))
        assert len(days) == length
        assert (days[0], days[-1]) == (f"{year}-01-01", f"{year}-12-31")
        assert days == sorted(days)


@pytest.mark.story("calendar")
def test_each_day_says_what_it_was(ana, begin, done, clock):
    habit = begin(weekdays=WORKDAYS, target_per_day=2)
    done(habit, 1, 2, 4)
    ana.put(f"{habit}/check-ins/{ago(0)}?count=1")
    clock.advance(days=4)

    found = states(ana, habit)

    assert {day: found[f"2026-03-{day:02}"] for day in range(6, 18)} == {
        6: "before",
        7: "off",
        8: "off",
        9: "missed",
        10: "done",
        11: "done",
        12: "missed",
        13: "missed",
        14: "off",
        15: "off",
        16: "open",
        17: "future",
    }


@pytest.mark.story("calendar")
def test_year_without_number_is_this_year_in_my_zone(as_user, begin, clock):
    bob = as_user("bob", time_zone="Pacific/Kiritimati")
    habit = begin(bob)
    clock.set("2026-12-31T12:00:00Z")

    assert bob.get(f"{habit}/calendar").json["year"] == 2027


@pytest.mark.story("calendar")
def test_impossible_years_are_refused(ana, begin):
    habit = begin()

    for year in ("0", "1969", "2201", "x", "10000"):
        status = ana.get(f"{habit}/calendar?year={year}").status_code
        assert status == 422, f"?year={year} should be refused"


@pytest.mark.story("calendar")
def test_page_is_there_for_everybody(client):
    response = client.get("/", headers={"Accept": "text/html"})

    assert (response.status_code, response.mimetype) == (200, "text/html")
