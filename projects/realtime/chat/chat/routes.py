"""The page, the HTTP API (rooms, members, what was said), and the WebSocket."""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from simple_websocket import Server  # type: ignore[import-untyped]
from sqlalchemy import Select, select

from common.accounts import current_user, login_required
from common.api import Created, Page, Produces, endpoint
from common.errors import Problem
from common.live import events, websockets
from common.pagination import PageQuery, paginate

from . import presence, rooms
from .connection import Connection
from .models import Member, Room, User, db
from .schemas import DirectIn, MemberOut, MessageOut, MessageQuery, RoomIn, RoomOut

bp = Blueprint("chat", __name__)


@bp.get("/")
@endpoint(
    responses={200: Produces("The page", "text/html")},
    any_query=True,
)
def index() -> Response:
    """Show the page where people chat."""
    return Response(render_template("index.html"))


@bp.get("/rooms")
@login_required
@endpoint
def list_rooms(query: PageQuery) -> Page[RoomOut]:
    """List the public rooms and those that I am in, the one with the newest message first."""
    newest_first = visible_rooms().order_by(
        Room.last_id.desc(),
        Room.id.desc(),
    )
    return paginate(db.session, newest_first, query, RoomOut)


@bp.post("/rooms")
@login_required
@endpoint
def create_room(body: RoomIn) -> Created[RoomOut]:
    """Make a room, and be its owner and first member."""
    room = rooms.create(
        body.name,
        current_user.id,
        private=body.private,
    )
    db.session.commit()
    tell("joined", room.id, current_user, last_id=0)
    return created(room.id)


@bp.post("/dms")
@login_required
@endpoint(errors=(404, 409))
def open_direct_room(body: DirectIn) -> Created[RoomOut] | RoomOut:
    """Open the room of two: 201 if it is new, 200 if one of them had opened it before."""
    other = find_user(body.username)
    if other.id == current_user.id:
        raise Problem(409, "This is you yourself: a conversation needs another.")
    room_id, is_new = rooms.direct(current_user, other)
    db.session.commit()
    if not is_new:
        return find_room(room_id)
    tell("joined", room_id, current_user, last_id=0)
    tell("joined", room_id, other, last_id=0)
    return created(room_id)


@bp.get("/rooms/<int:room_id>")
@login_required
@endpoint
def show_room(room_id: int) -> RoomOut:
    """Show a room that I am in or may enter."""
    return find_room(room_id)


@bp.get("/rooms/<int:room_id>/members")
@login_required
@endpoint(errors=(403,))
def list_members(room_id: int, query: PageQuery) -> Page[MemberOut]:
    """List who is in a room that I am in, by name."""
    find_joined_room(room_id)
    columns = select(
        User.username,
        User.last_seen,
        presence.is_online().label("online"),
        Member.delivered_id,
        Member.read_id,
    )
    members = columns.join(Member).where(Member.room_id == room_id)
    members = members.order_by(User.username)
    return paginate(db.session, members, query, MemberOut)


@bp.put("/rooms/<int:room_id>/members/<username>")
@login_required
@endpoint(errors=(403,))
def add_member(room_id: int, username: str) -> None:
    """Enter a public room, or let somebody into a room that I am in. Again changes nothing."""
    room = find_room(room_id)
    if room.direct:
        raise Problem(403, "A conversation of two stays one.")
    is_me = username.lower() == current_user.username
    if room.read_id is None and not is_me:
        raise Problem(403, "Only members let others in.")
    user = find_user(username)
    locked = rooms.lock(room_id)
    is_new = rooms.add(locked, user.id)
    db.session.commit()
    if is_new:
        tell("joined", room_id, user, last_id=locked.last_id)


@bp.delete("/rooms/<int:room_id>/members/<username>")
@login_required
@endpoint(errors=(403,))
def remove_member(room_id: int, username: str) -> None:
    """Leave a room, or show somebody out of a room that I own."""
    if find_joined_room(room_id).direct:
        raise Problem(403, "A conversation of two stays one.")
    user = find_user(username)
    room = rooms.lock(room_id)
    if current_user.id not in (user.id, room.owner_id):
        raise Problem(403, "Only the room's owner shows others out.")
    if not rooms.remove(room, user.id):
        raise Problem(404, f"{user.username} is not in this room.")
    db.session.commit()
    tell("left", room_id, user)


@bp.get("/rooms/<int:room_id>/messages")
@login_required
@endpoint(errors=(403,))
def list_messages(room_id: int, query: MessageQuery) -> list[MessageOut]:
    """List messages, the oldest first: the last ones, or the nearest before or after an id."""
    find_joined_room(room_id)
    rows = rooms.missed(
        current_user.id,
        room_id,
        query.after,
        query.before,
        query.limit,
    )
    return [MessageOut.model_validate(row) for row in rows]


@websockets.route("/ws", bp=bp)
def talk(ws: Server) -> None:
    """Serve one connection, for all of a user's rooms, until it ends."""
    hold = request.args.get("hold") == "true"
    Connection(ws, current_user.id, current_user.username, hold).run()


def visible_rooms() -> Select[*tuple[Any, ...]]:
    """Return the query for the rooms that I may see, with the columns of RoomOut."""
    my_read_id = select(Member.read_id).where(
        Room.id == Member.room_id,
        Member.user_id == current_user.id,
    )
    read_id = my_read_id.scalar_subquery().label("read_id")
    columns = select(
        Room.id,
        Room.name,
        Room.private,
        Room.direct_key.is_not(None).label("direct"),
        Room.last_id,
        read_id,
    )
    return columns.where(~Room.private | read_id.is_not(None))


def find_room(room_id: int) -> RoomOut:
    """Return a room as I see it; raise 404 if I may not know of it."""
    statement = visible_rooms().where(Room.id == room_id)
    row = db.session.execute(statement).one_or_none()
    if row is None:
        raise Problem(404, "There is no such room.")
    return RoomOut.model_validate(row)


def find_joined_room(room_id: int) -> RoomOut:
    """Return a room that I am in; raise 403 if I could be, or 404."""
    room = find_room(room_id)
    if room.read_id is None:
        raise Problem(403, "Enter the room first: PUT /rooms/{id}/members/{your name}.")
    return room


def find_user(username: str) -> User:
    """Return a user, or raise the 404."""
    statement = select(User).filter_by(username=username.lower())
    user: User = db.one_or_404(statement, description="There is no such user.")
    return user


def created(room_id: int) -> Created[RoomOut]:
    """Return the answer with a new room."""
    return Created(find_room(room_id), url_for(".show_room", room_id=room_id))


def tell(kind: str, room_id: int, user: User, **more: int) -> None:
    """Tell those in a room, and the user's own connections, who has joined or left it."""
    frame = {
        "type": kind,
        "room": room_id,
        "username": user.username,
        **more,
    }
    events.publish(f"room:{room_id}", {"frame": frame})
    events.publish(f"user:{user.id}", {"frame": frame})
