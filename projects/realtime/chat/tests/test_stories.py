"""What the service promises to those who use it, over HTTP and WebSockets alone."""

import json
import uuid

import pytest


class User:
    """Somebody with a client, and with one or more connections."""

    def __init__(self, name, client, connect):
        self.name, self.client, self._connect = name, client, connect

    def connect(self, path="/ws"):
        """Open a connection, and wait until it says hello: from then on nothing is missed."""
        ws = self._connect(path, client=self.client)
        assert ws.status == 101, f"{self.name} should get a WebSocket, not {ws.status} {ws.text}"
        ws.hello = expect(ws, "hello")
        return ws

    def room(self, *others, **wish):
        """Make a room with others in it, and return its id."""
        made = self.client.post("/rooms", json={"name": "Kitchen", **wish})
        assert made.status_code == 201
        for other in others:
            added = self.client.put(f"/rooms/{made.json['id']}/members/{other.name}")
            assert added.status_code == 204
        return made.json["id"]

    def messages(self, room, **query):
        response = self.client.get(f"/rooms/{room}/messages", query_string=query)
        assert response.status_code == 200
        return response.json

    def member(self, room, name):
        members = self.client.get(f"/rooms/{room}/members").json
        return next(member for member in members if member["username"] == name)


@pytest.fixture
def user(as_user, connect):
    """Register somebody: ``user("ana")``."""
    return lambda name: User(name, as_user(name), connect)


@pytest.fixture
def ana(user):
    return user("ana")


@pytest.fixture
def ben(user):
    return user("ben")


def expect(ws, *kinds):
    """Return the next frame of one of these types, passing over others."""
    while True:
        frame = ws.receive()
        if frame["type"] in kinds:
            return frame


def say(ws, room, *bodies):
    """Send messages, wait until all are acknowledged, and return their ids."""
    for body in bodies:
        ws.send({"type": "send", "room": room, "body": body, "client_id": uuid.uuid4().hex})
    acks = [expect(ws, "ack", "error") for _ in bodies]
    assert all(ack["type"] == "ack" for ack in acks), f"all should be acknowledged: {acks}"
    return [ack["id"] for ack in acks]


def heard(ws, number):
    """Return the bodies of the next messages."""
    return [expect(ws, "message")["body"] for _ in range(number)]


def nothing_more(ws, kind="message"):
    """Fail if there is one more frame of a type before the response to a frame of our own."""
    ws.send("this is no frame")
    frames = []
    while (frame := ws.receive())["type"] != "error":
        frames.append(frame)
    assert not [frame for frame in frames if frame["type"] == kind], f"no {kind} more: {frames}"


# rooms


@pytest.mark.story("rooms")
def test_new_room_has_its_maker_inside(ana):
    made = ana.client.post("/rooms", json={"name": " Kitchen "})

    assert made.status_code == 201
    room = made.json
    assert (room["name"], room["private"], room["direct"]) == ("Kitchen", False, False)
    assert ana.client.get(made.location).json == room
    assert [it["username"] for it in ana.client.get(f"{made.location}/members").json] == ["ana"]


@pytest.mark.story("rooms")
def test_malformed_room_is_refused(ana):
    long = {"name": "x" * 81}
    for body in ({}, {"name": ""}, {"name": "  "}, long, {"name": 1}, {"name": "x", "id": 1}):
        assert ana.client.post("/rooms", json=body).status_code == 422, f"{body} is no room"


@pytest.mark.story("rooms")
def test_public_room_is_listed_for_all_and_private_one_for_its_members(ana, ben):
    public = ana.room()
    private = ana.room(private=True)
    shared = ana.room(ben, private=True)

    assert {room["id"] for room in ana.client.get("/rooms").json} == {public, private, shared}
    assert {room["id"] for room in ben.client.get("/rooms").json} == {public, shared}
    mine = {room["id"] for room in ben.client.get("/rooms").json if room["read_id"] is not None}
    assert mine == {shared}, "who is outside has no read_id"


@pytest.mark.story("rooms")
def test_anybody_enters_public_room_and_leaves_it(ana, ben):
    room = ana.room()
    path = f"/rooms/{room}/members/ben"

    assert ben.client.put(path).status_code == 204
    assert ben.client.put(path).status_code == 204, "once more changes nothing"
    assert len(ana.client.get(f"/rooms/{room}/members").json) == 2
    assert ben.client.delete(path).status_code == 204
    assert ben.client.delete(path).status_code in {403, 404}
    assert len(ana.client.get(f"/rooms/{room}/members").json) == 1


@pytest.mark.story("rooms")
def test_private_room_of_others_is_not_there(ana, ben):
    room = ana.room(private=True)

    for request in (
        "GET ",
        "GET /members",
        "GET /messages",
        "PUT /members/ben",
        "PUT /members/ana",
        "DELETE /members/ana",
    ):
        method, path = request.split(" ")
        status = ben.client.open(f"/rooms/{room}{path}", method=method).status_code
        assert status == 404, f"{method} /rooms/{room}{path} by a stranger"


@pytest.mark.story("rooms")
def test_room_whose_owner_leaves_is_longest_members(ana, ben, user):
    chloe, dev = user("chloe"), user("dev")
    room = ana.room(ben, chloe, dev, private=True)
    assert ana.client.delete(f"/rooms/{room}/members/ana").status_code == 204

    by_chloe = chloe.client.delete(f"/rooms/{room}/members/dev")
    by_ben = ben.client.delete(f"/rooms/{room}/members/dev")

    assert by_chloe.status_code == 403, "ben has been in it longer"
    assert by_ben.status_code == 204, "somebody must be able to show others out"


@pytest.mark.story("rooms")
def test_owner_and_next_member_who_leave_at_once_leave_room_to_third(ana, ben, user, at_once):
    """Only on PostgreSQL do two requests write at once: there it fails without a lock."""
    chloe, dev = user("chloe"), user("dev")
    for _ in range(8):
        room = ana.room(ben, chloe, dev, private=True)
        going = [ana, ben]

        def leave(number, room=room, going=going):
            name = going[number].name
            return going[number].client.delete(f"/rooms/{room}/members/{name}").status_code

        assert at_once(2, leave) == [204, 204]
        assert chloe.client.delete(f"/rooms/{room}/members/dev").status_code == 204


@pytest.mark.story("rooms")
def test_public_room_that_all_have_left_is_that_of_who_enters_next(ana, ben, user):
    room = ana.room()
    assert ana.client.delete(f"/rooms/{room}/members/ana").status_code == 204
    for guest in (ben, user("chloe")):
        assert guest.client.put(f"/rooms/{room}/members/{guest.name}").status_code == 204

    assert ben.client.delete(f"/rooms/{room}/members/chloe").status_code == 204


@pytest.mark.story("rooms")
def test_public_room_is_read_and_filled_by_its_members_alone(ana, ben, user):
    room, chloe = ana.room(), user("chloe")

    assert ben.client.get(f"/rooms/{room}/messages").status_code == 403
    assert ben.client.get(f"/rooms/{room}/members").status_code == 403
    assert ben.client.put(f"/rooms/{room}/members/{chloe.name}").status_code == 403


@pytest.mark.story("rooms")
def test_only_owner_shows_others_out(ana, ben, user):
    chloe = user("chloe")
    room = ana.room(ben, chloe)

    assert ben.client.delete(f"/rooms/{room}/members/chloe").status_code == 403
    assert ana.client.delete(f"/rooms/{room}/members/chloe").status_code == 204


@pytest.mark.story("rooms")
def test_nobody_sees_anything_without_login(client):
    for path in ("/rooms", "/rooms/1", "/rooms/1/messages", "/rooms/1/members"):
        response = client.get(path)

        assert response.status_code == 401, f"GET {path} by nobody"
        assert "WWW-Authenticate" in response.headers


# direct


@pytest.mark.story("direct")
def test_two_have_one_room_whoever_starts_it(ana, ben):
    first = ana.client.post("/dms", json={"username": "ben"})
    again = ana.client.post("/dms", json={"username": "ben"})
    back = ben.client.post("/dms", json={"username": "ana"})

    assert (first.status_code, again.status_code, back.status_code) == (201, 200, 200)
    assert first.json["id"] == again.json["id"] == back.json["id"]
    assert first.json["direct"] is True


@pytest.mark.story("direct")
def test_two_who_start_at_once_have_one_room(ana, ben, at_once):
    pair = [(ana, "ben"), (ben, "ana")]

    def start(number):
        one, other = pair[number % 2]
        return one.client.post("/dms", json={"username": other}).json["id"]

    assert len(set(at_once(8, start))) == 1


@pytest.mark.story("direct")
def test_third_never_gets_in(ana, ben, user):
    room = ana.client.post("/dms", json={"username": ben.name}).json["id"]
    chloe = user("chloe")

    assert ana.client.put(f"/rooms/{room}/members/chloe").status_code == 403
    assert chloe.client.get(f"/rooms/{room}").status_code == 404


@pytest.mark.story("direct")
def test_direct_room_needs_another_user(ana):
    for username, statuses in (("ana", {409, 422}), ("nobody", {404}), ("", {422})):
        assert ana.client.post("/dms", json={"username": username}).status_code in statuses


# messages


@pytest.mark.story("messages")
def test_message_reaches_everybody_in_room_and_nobody_else(ana, ben, user):
    room = ana.room(ben)
    mine, theirs, outside = ana.connect(), ben.connect(), user("chloe").connect()

    mine.send({"type": "send", "room": room, "body": "Soup is ready 🍲", "client_id": "a1"})

    ack = expect(mine, "ack")
    message = expect(theirs, "message")
    assert ack["client_id"] == "a1"
    assert message["id"] == ack["id"]
    assert (message["room"], message["sender"]) == (room, "ana")
    assert message["body"] == "Soup is ready 🍲"
    assert expect(mine, "message") == message, "the sender's tabs show it, too"
    nothing_more(outside)


@pytest.mark.story("messages")
def test_acknowledged_message_is_stored(ana, restart):
    room = ana.room()
    [number] = say(ana.connect(), room, "keep me")

    restart()

    assert [(it["id"], it["body"]) for it in ana.messages(room)] == [(number, "keep me")]


@pytest.mark.story("messages")
def test_one_connection_serves_all_rooms(ana, ben):
    first, second = ana.room(ben), ana.room(ben)
    mine, theirs = ana.connect(), ben.connect()

    say(mine, first, "one")
    say(mine, second, "two")

    found = [expect(theirs, "message") for _ in range(2)]
    assert [(it["room"], it["body"]) for it in found] == [(first, "one"), (second, "two")]


@pytest.mark.story("messages")
def test_room_that_i_enter_is_heard_on_open_connection(ana, ben):
    mine, theirs = ana.connect(), ben.connect()
    room = ana.room(ben)
    joined = expect(theirs, "joined")
    assert (joined["room"], joined["username"], joined["last_id"]) == (room, "ben", 0)

    say(mine, room, "welcome")

    assert heard(theirs, 1) == ["welcome"]


@pytest.mark.story("messages")
def test_history_is_read_in_pages_from_both_ends(ana):
    room = ana.room()
    ids = say(ana.connect(), room, *"abcdefg")

    def page(**query):
        return "".join(message["body"] for message in ana.messages(room, **query))

    assert page() == "abcdefg"
    assert page(limit=3) == "efg", "the last ones, the oldest first"
    assert page(before=ids[4], limit=3) == "bcd"
    assert page(after=ids[4], limit=1) == "f"
    assert page(after=ids[1], before=ids[4]) == "cd"
    assert page(after=ids[6]) == ""


@pytest.mark.story("messages")
def test_impossible_page_is_refused(ana):
    room = ana.room()
    for query in ("limit=0", "limit=101", "before=0", "after=-1", "after=x"):
        assert ana.client.get(f"/rooms/{room}/messages?{query}").status_code == 422, query


# once


@pytest.mark.story("once")
def test_same_client_id_again_is_one_message_with_one_id(ana, ben):
    room = ana.room(ben)
    mine, theirs = ana.connect(), ben.connect()
    frame = {"type": "send", "room": room, "body": "once", "client_id": "same"}

    mine.send(frame)
    mine.send(frame)
    ids = [expect(mine, "ack")["id"], expect(mine, "ack")["id"]]
    again = ana.connect()
    again.send(frame)

    assert {expect(again, "ack")["id"]} == {*ids}
    assert [message["body"] for message in ana.messages(room)] == ["once"]
    assert heard(theirs, 1) == ["once"]
    nothing_more(theirs)


@pytest.mark.story("once")
def test_client_id_of_another_message_is_refused_in_words(ana, ben):
    room = ana.room(ben)
    mine, theirs = ana.connect(), ben.connect()
    frame = {"type": "send", "room": room, "body": "first", "client_id": "same"}
    mine.send(frame)
    mine.send({**frame, "body": "second"})

    error = expect(mine, "error")

    assert "used for another message" in error["detail"]
    assert (error["room"], error["client_id"]) == (room, "same"), "which one it is about"
    assert heard(theirs, 1) == ["first"]
    mine.send({**frame, "body": "second", "client_id": "other"})
    assert heard(theirs, 1) == ["second"]
    assert [message["body"] for message in ana.messages(room)] == ["first", "second"]


@pytest.mark.story("once")
def test_same_client_id_at_once_is_one_message(ana, at_once):
    room = ana.room()
    tabs = [ana.connect() for _ in range(5)]

    def send(number):
        tabs[number].send({"type": "send", "room": room, "body": "one", "client_id": "same"})
        return expect(tabs[number], "ack")["id"]

    assert len(set(at_once(5, send))) == 1
    assert len(ana.messages(room)) == 1


@pytest.mark.story("once")
def test_same_client_id_of_another_sender_or_room_is_another_message(ana, ben):
    room, other = ana.room(ben), ana.room()
    mine, theirs = ana.connect(), ben.connect()
    ids = set()
    for ws, place in ((mine, room), (theirs, room), (mine, other)):
        ws.send({"type": "send", "room": place, "body": "mine", "client_id": "same"})
        ids.add(expect(ws, "ack")["id"])

    assert len(ids) == 3


# order


@pytest.mark.story("order")
def test_everybody_hears_all_in_order_of_ids(ana, ben, user, at_once):
    people = [ana, ben, user("chloe"), user("dev")]
    room = ana.room(*people[1:])
    connections = [person.connect() for person in people]

    def talk(number):
        for line in range(10):
            frame = {
                "type": "send",
                "room": room,
                "body": f"{number} {line}",
                "client_id": str(line),
            }
            connections[number].send(frame)
        return [expect(connections[number], "message")["id"] for _ in range(40)]

    orders = at_once(4, talk)

    assert orders[0] == [message["id"] for message in ana.messages(room)]
    for order in orders:
        assert order == orders[0], "somebody has heard another order"


@pytest.mark.story("order")
def test_acks_come_in_order_of_sends(ana):
    room = ana.room()
    ids = say(ana.connect(), room, *"abcdefghij")

    assert ids == sorted(ids)
    assert [message["body"] for message in ana.messages(room)] == [*"abcdefghij"]


# resume


@pytest.mark.story("resume")
def test_client_that_comes_back_gets_what_it_missed_once_and_then_what_is_new(ana, ben):
    room = ana.room(ben)
    mine, theirs = ana.connect(), ben.connect()
    say(mine, room, "before")
    last = expect(theirs, "message")["id"]
    theirs.drop()
    say(mine, room, "missed 1", "missed 2")

    theirs = ben.connect()
    theirs.send({"type": "resume", "room": room, "after": last})

    assert heard(theirs, 2) == ["missed 1", "missed 2"]
    say(mine, room, "live")
    assert heard(theirs, 1) == ["live"]
    nothing_more(theirs)


@pytest.mark.story("resume")
def test_resume_ends_with_frame_that_says_so(ana):
    room = ana.room()
    ids = say(ana.connect(), room, "a", "b")

    ws = ana.connect()
    ws.send({"type": "resume", "room": room, "after": ids[0]})

    kinds = [ws.receive()["type"], ws.receive()["type"]]
    assert kinds == ["message", "resumed"]


@pytest.mark.story("resume")
def test_long_absence_is_made_up_for_without_gap(ana, clock):
    clock.set("2026-03-01T12:00:00Z")
    room, ws = ana.room(), ana.connect()
    for _ in range(11):
        say(ws, room, *[f"line {number}" for number in range(20)])
        clock.advance(seconds=6)
    stored = []
    while page := ana.messages(room, after=stored[-1] if stored else 0, limit=100):
        stored += [message["id"] for message in page]

    ws = ana.connect()
    ws.send({"type": "resume", "room": room, "after": 0})

    assert len(stored) == 220
    assert [expect(ws, "message")["id"] for _ in stored] == stored
    assert expect(ws, "message", "resumed")["type"] == "resumed"


@pytest.mark.story("resume")
def test_held_room_is_silent_until_it_is_resumed(ana, ben):
    room = ana.room(ben)
    mine = ana.connect()
    first, *_ = say(mine, room, "a", "b")
    held = ben.connect("/ws?hold=true")
    say(mine, room, "c", "d")

    held.send({"type": "resume", "room": room, "after": first})

    assert heard(held, 3) == ["b", "c", "d"]
    assert expect(held, "message", "resumed")["type"] == "resumed"
    say(mine, room, "e")
    assert heard(held, 1) == ["e"]


@pytest.mark.story("resume")
def test_hello_says_where_each_room_stands(ana):
    room, empty = ana.room(), ana.room()
    [last] = say(ana.connect(), room, "a")

    hello = ana.connect().hello

    assert hello["username"] == "ana"
    standing = {it["room"]: it["last_id"] for it in hello["rooms"]}
    assert standing == {room: last, empty: 0}


# marks


@pytest.mark.story("marks")
@pytest.mark.parametrize("kind", ["delivered", "read"])
def test_others_are_told_how_far_somebody_is(ana, ben, kind):
    room = ana.room(ben)
    mine, theirs = ana.connect(), ben.connect()
    [number] = say(mine, room, "hello")

    theirs.send({"type": kind, "room": room, "id": number})

    told = expect(mine, "delivered", "read")
    assert told == {"type": kind, "room": room, "username": "ben", "id": number}
    assert ana.member(room, "ben")[f"{kind}_id"] == number


@pytest.mark.story("marks")
def test_who_has_read_has_got(ana, ben):
    room = ana.room(ben)
    [number] = say(ana.connect(), room, "hello")
    ws = ben.connect()

    ws.send({"type": "read", "room": room, "id": number})
    expect(ws, "read")

    member = ana.member(room, "ben")
    assert (member["delivered_id"], member["read_id"]) == (number, number)


@pytest.mark.story("marks")
def test_mark_moves_forward_only_and_not_into_future(ana, ben):
    room = ana.room(ben)
    mine, theirs = ana.connect(), ben.connect()
    first, second = say(mine, room, "a", "b")
    theirs.send({"type": "read", "room": room, "id": second})
    expect(mine, "read")

    theirs.send({"type": "read", "room": room, "id": first})
    theirs.send({"type": "delivered", "room": room, "id": first})
    theirs.send({"type": "read", "room": room, "id": second + 1000})
    nothing_more(theirs, "error?")

    member = ana.member(room, "ben")
    assert (member["delivered_id"], member["read_id"]) == (second, second)
    nothing_more(mine, "read")


# presence


@pytest.mark.story("presence")
def test_others_in_my_rooms_see_me_come_and_go_once(ana, ben):
    ana.room(ben)
    room = ana.room(ben)
    mine = ana.connect()

    theirs = ben.connect()
    came = expect(mine, "presence")
    assert (came["username"], came["online"]) == ("ben", True)
    assert ana.member(room, "ben")["online"] is True
    nothing_more(mine, "presence")
    theirs.close()
    gone = expect(mine, "presence")
    assert (gone["username"], gone["online"]) == ("ben", False)
    assert ana.member(room, "ben")["online"] is False
    assert gone["last_seen"] == ana.member(room, "ben")["last_seen"]
    nothing_more(mine, "presence")


@pytest.mark.story("presence")
@pytest.mark.parametrize("end", ["close", "drop"])
def test_who_has_two_tabs_is_online_until_last_one_closes(ana, ben, end):
    room = ana.room(ben)
    mine = ana.connect()
    tabs = [ben.connect(), ben.connect()]
    assert expect(mine, "presence")["online"] is True

    getattr(tabs[0], end)()

    assert ana.member(room, "ben")["online"] is True
    nothing_more(mine, "presence")
    getattr(tabs[1], end)()
    assert expect(mine, "presence")["online"] is False
    assert ana.member(room, "ben")["online"] is False


@pytest.mark.story("presence")
def test_last_seen_is_when_last_connection_closed(ana, ben, clock):
    room = ana.room(ben)
    clock.set("2026-03-01T12:00:00Z")
    ws = ben.connect()
    clock.set("2026-03-01T12:00:30Z")
    ws.close()
    clock.set("2026-03-01T12:20:00Z")

    member = ana.member(room, "ben")
    assert member["last_seen"] == "2026-03-01T12:00:30Z"
    assert member["online"] is False


@pytest.mark.story("presence")
def test_strangers_are_not_told(ana, ben):
    mine = ana.connect()

    ben.connect()

    nothing_more(mine, "presence")


@pytest.mark.story("presence")
def test_many_tabs_that_close_at_once_end_in_one_offline(ana, ben, at_once):
    room = ana.room(ben)
    mine = ana.connect()
    tabs = [ben.connect() for _ in range(8)]
    assert expect(mine, "presence")["online"] is True

    at_once(8, lambda number: tabs[number].close())

    assert expect(mine, "presence")["online"] is False
    nothing_more(mine, "presence")
    assert ana.member(room, "ben")["online"] is False


# rules


NO_FRAMES = {
    "no JSON": ["", "hello", "[" * 4000],
    "no object": ["null", "[]", "7"],
    "no type": ["{}", '{"type": "shout"}', '{"type": 7}', '{"type": "ack", "id": 1}'],
    "no fields": ['{"type": "send"}', '{"type": "read", "room": 1}'],
    "wrong numbers": [
        '{"type": "read", "room": 1, "id": 0}',
        '{"type": "read", "room": "1", "id": 1}',
        '{"type": "read", "room": 1e400, "id": 1}',
        '{"type": "read", "room": 2147483648, "id": 1}',
        '{"type": "resume", "room": 1, "after": -1}',
    ],
    "more fields": ['{"type": "send", "room": 1, "body": "a", "client_id": "1", "more": 1}'],
    "binary": [b'{"type": "read", "room": 1, "id": 1}', b"\x00\xff"],
}


@pytest.mark.story("rules")
@pytest.mark.parametrize("texts", NO_FRAMES.values(), ids=NO_FRAMES.keys())
def test_frame_that_is_none_gets_error_and_connection_lives(ana, texts):
    room, ws = ana.room(), ana.connect()

    for text in texts:
        ws.send(text)
        assert expect(ws, "error")["code"] == "invalid", f"{text!r:.80} is no frame"
    assert say(ws, room, "still here")


@pytest.mark.story("rules")
def test_impossible_message_is_refused_and_not_stored(ana):
    room, ws = ana.room(), ana.connect()

    for change in (
        {"body": ""},
        {"body": " \n\t"},
        {"body": "x" * 2001},
        {"body": "a\0b"},
        {"body": None},
        {"client_id": ""},
        {"client_id": "x" * 65},
        {"client_id": "a b"},
        {"client_id": 7},
    ):
        ws.send({"type": "send", "room": room, "body": "a", "client_id": "1", **change})
        assert expect(ws, "error", "ack")["type"] == "error", f"{change!r:.60} should be refused"
    assert ana.messages(room) == []


@pytest.mark.story("rules")
def test_lone_surrogate_is_refused(ana):
    room, ws = ana.room(), ana.connect()

    ws.send(f'{{"type": "send", "room": {room}, "body": "\\ud800", "client_id": "1"}}')

    assert expect(ws, "error", "ack")["type"] == "error"


@pytest.mark.story("rules")
def test_frame_over_4_kib_gets_error_and_connection_lives(ana):
    room, ws = ana.room(), ana.connect()

    for size in (4097, 100_000):
        text = json.dumps({"type": "send", "room": room, "body": "a", "client_id": "1"})
        ws.send(text.ljust(size))
        assert expect(ws, "error", "ack")["code"] == "too_large", f"{size} bytes are too many"
    ws.send(json.dumps({"type": "send", "room": room, "body": "b", "client_id": "1"}).ljust(4096))
    assert expect(ws, "ack")["client_id"] == "1", "4096 bytes are not too many"


@pytest.mark.story("rules")
def test_membership_is_checked_on_each_frame(ana, ben):
    room = ana.room(ben)
    mine, theirs = ana.connect(), ben.connect()
    [number] = say(mine, room, "for members")
    heard(theirs, 1)

    assert ana.client.delete(f"/rooms/{room}/members/ben").status_code == 204
    for frame in (
        {"type": "send", "body": "sneaky", "client_id": "1"},
        {"type": "resume", "after": 0},
        {"type": "delivered", "id": number},
        {"type": "read", "id": number},
    ):
        theirs.send({"room": room, **frame})
        response = expect(theirs, "error", "ack", "message", "delivered", "read")
        assert response.get("code") == "forbidden", f"{frame['type']} of who has been shown out"
    assert len(ana.messages(room)) == 1
    say(mine, room, "among us")
    nothing_more(theirs)


@pytest.mark.story("rules")
def test_room_that_is_not_there_is_answered_like_one_of_others(ana, ben):
    room, ws = ana.room(private=True), ben.connect()
    responses = []
    for place in (room, 2_000_000_000):
        ws.send({"type": "send", "room": place, "body": "a", "client_id": "1"})
        responses.append({**expect(ws, "error"), "room": None})

    assert responses[0] == responses[1]
    assert responses[0]["code"] == "forbidden"
    assert responses[0]["client_id"] == "1"


@pytest.mark.story("rules")
def test_after_20_messages_in_5_seconds_comes_slow_down(ana, clock):
    clock.set("2026-03-01T12:00:00Z")
    room, ws = ana.room(), ana.connect()
    frame = {"type": "send", "room": room, "body": "a"}
    say(ws, room, *[f"line {number}" for number in range(10)])
    clock.set("2026-03-01T12:00:02Z")
    say(ws, room, *[f"more {number}" for number in range(10)])

    ws.send({**frame, "client_id": "21"})
    refused = expect(ws, "error", "ack")
    assert (refused["code"], refused["client_id"]) == ("slow_down", "21")
    assert refused["retry_after"] == 3
    clock.set("2026-03-01T12:00:05Z")
    for number in range(10):
        ws.send({**frame, "client_id": f"later {number}".replace(" ", "-")})
        assert expect(ws, "error", "ack")["type"] == "ack", "the first ten are 5 seconds old"
    ws.send({**frame, "client_id": "31"})
    assert expect(ws, "error", "ack")["code"] == "slow_down"
    assert len(ana.messages(room)) == 30


# handshake


@pytest.mark.story("handshake")
def test_handshake_needs_login(connect):
    assert connect("/ws").status == 401


@pytest.mark.story("handshake")
def test_handshake_needs_origin_of_this_site(ana, connect):
    hosts = ("https://evil.example", "http://localhost.evil.example", "http://localhost:81")
    for origin in (*hosts, "null", ""):
        ws = connect("/ws", client=ana.client, headers={"Origin": origin})

        assert ws.status == 403, f"a page of {origin!r} must not connect"


@pytest.mark.story("handshake")
def test_cookie_of_login_is_enough_for_page(ana, client, connect):
    login = ana.client.login
    assert client.post("/login", json=login).status_code == 200

    assert connect("/ws", client=client).status == 101


@pytest.mark.story("handshake")
def test_plain_request_to_websocket_is_refused(ana):
    assert ana.client.get("/ws").status_code in {400, 426}


# slow


@pytest.mark.story("slow")
def test_slow_reader_does_not_slow_room_and_comes_back(ana, ben, user, clock):
    chloe = user("chloe")
    room = ana.room(ben, chloe)
    slow, quick = ben.connect(), chloe.connect()  # from here on, ben's does not read
    clock.set("2026-03-01T12:00:00Z")
    ws, sent = ana.connect(), 0
    while sent < 400:
        say(ws, room, *["x" * 1900] * 20)
        sent += 20
        clock.advance(seconds=6)
        assert len(heard(quick, 20)) == 20

    gone = {"type": "presence", "username": "ben", "online": False}
    while not gone.items() <= expect(quick, "presence").items():
        pass  # of others
    assert slow.wait_closed(), "who reads nothing for seconds is closed"
    got = []
    got += [frame["id"] for frame in slow.received if frame["type"] == "message"]
    back = ben.connect()
    back.send({"type": "resume", "room": room, "after": got[-1] if got else 0})
    while (frame := expect(back, "message", "resumed"))["type"] == "message":
        got.append(frame["id"])
    assert len(got) == sent
    assert got == sorted(set(got)), "each message once, in order"


# page


@pytest.mark.story("page")
def test_page_is_there(client):
    response = client.get("/")

    assert response.status_code == 200
    assert response.mimetype == "text/html"
    assert "<script src=" in response.text


@pytest.mark.story("page")
@pytest.mark.settings(WS_ECHO="1")
def test_echo_sends_back_text_as_text_and_bytes_as_bytes(connect):
    ws = connect("/ws/echo")
    for message in ("text", "ünï 🍲", "", b"\x00\xff", b"", "x" * 70_000):
        ws.send(message)
        assert ws.receive() == message


@pytest.mark.story("page")
def test_there_is_no_echo_unless_it_is_asked_for(ana, connect):
    assert connect("/ws/echo", client=ana.client).status == 404
