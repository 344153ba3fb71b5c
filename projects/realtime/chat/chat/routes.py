"""The page, the HTTP API (rooms, members, what was said), and the WebSocket."""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from simple_websocket import Server  # type: ignore[import-untyped]
from sqlalchemy import Select, delete, select

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
@endpoint(responses={200: Produces("The page", "text/html")}, any_query=True)
def index() -> Response:
    """Show the page where people chat."""
    return Response(render_template("index.html"))


@bp.get("/rooms")
@login_required
@endpoint
def list_rooms(query: PageQuery) -> Page[RoomOut]:
    """List the public rooms and those that I am in, the one with the newest message first."""
    newest_first = visible_rooms().order_by(Room.last_id.desc(), Room.id.desc())
    return paginate(db.session, newest_first, query, RoomOut)


@bp.post("/rooms")
@login_required
@endpoint
def create_room(body: RoomIn) -> Created[RoomOut]:
    """Make a room, and be its owner and first member."""
    room = rooms.create(Room(owner_id=current_user.id, **body.model_dump()), current_user.id)
    tell("joined", room.id, current_user, last_id=0)
    return Created(shown(room.id), url_for(".show_room", room_id=room.id))


@bp.post("/dms")
@login_required
@endpoint(errors=(404, 409))
def open_direct_room(body: DirectIn) -> Created[RoomOut] | RoomOut:
    """Open the room of two: 201 if it is new, 200 if one of them had opened it before."""
    other = named(body.username)
    if other.id == current_user.id:
        raise Problem(409, "This is you yourself: a conversation needs another.")
    room, is_new = rooms.direct(current_user, other)
    if not is_new:
        return shown(room.id)
    for user in (current_user, other):
        tell("joined", room.id, user, last_id=0)
    return Created(shown(room.id), url_for(".show_room", room_id=room.id))


@bp.get("/rooms/<int:room_id>")
@login_required
@endpoint
def show_room(room_id: int) -> RoomOut:
    """Show a room that I am in or may enter."""
    return shown(room_id)


@bp.get("/rooms/<int:room_id>/members")
@login_required
@endpoint(errors=(403,))
def list_members(room_id: int, query: PageQuery) -> Page[MemberOut]:
    """List who is in a room that I am in, by name."""
    entered(room_id)
    columns = (User.username, presence.is_online().label("online"), User.last_seen)
    members = select(*columns, Member.delivered_id, Member.read_id).join(Member)
    inside = members.where(Member.room_id == room_id).order_by(User.username)
    return paginate(db.session, inside, query, MemberOut)


@bp.put("/rooms/<int:room_id>/members/<username>")
@login_required
@endpoint(errors=(403,))
def add_member(room_id: int, username: str) -> None:
    """Enter a public room, or let somebody into a room that I am in. Again changes nothing."""
    room = shown(room_id)
    if room.direct:
        raise Problem(403, "A conversation of two stays one.")
    if room.read_id is None and username.lower() != current_user.username:
        raise Problem(403, "Only members let others in.")
    user = named(username)
    if rooms.add(room_id, user.id, room.last_id):
        tell("joined", room_id, user, last_id=room.last_id)


@bp.delete("/rooms/<int:room_id>/members/<username>")
@login_required
@endpoint(errors=(403,))
def remove_member(room_id: int, username: str) -> None:
    """Leave a room, or show somebody out of a room that I own."""
    room, user = entered(room_id), named(username)
    if room.direct:
        raise Problem(403, "A conversation of two stays one.")
    if user.id != current_user.id != db.session.get_one(Room, room_id).owner_id:
        raise Problem(403, "Only the room's owner shows others out.")
    gone = delete(Member).where(Member.room_id == room_id, Member.user_id == user.id)
    if db.session.scalar(gone.returning(Member.user_id)) is None:
        raise Problem(404, f"{user.username} is not in this room.")
    db.session.commit()
    tell("left", room_id, user)


@bp.get("/rooms/<int:room_id>/messages")
@login_required
@endpoint(errors=(403,))
def list_messages(room_id: int, query: MessageQuery) -> list[MessageOut]:
    """List messages, the oldest first: the last ones, or the nearest before or after an id."""
    entered(room_id)
    found = rooms.missed(current_user.id, room_id, query.after, query.before, query.limit)
    return [MessageOut.model_validate(message) for message in found]


@websockets.route("/ws", bp=bp)
def talk(ws: Server) -> None:
    """Serve one connection, for all of a user's rooms, until it ends."""
    hold = request.args.get("hold") == "true"
    Connection(ws, current_user.id, current_user.username, hold).run()


def visible_rooms() -> Select[*tuple[Any, ...]]:
    """Return the query for the rooms that I may see, with the columns of RoomOut."""
    mine = (Member.room_id == Room.id) & (Member.user_id == current_user.id)
    read_id = select(Member.read_id).where(mine).scalar_subquery().label("read_id")
    is_direct = Room.direct_key.is_not(None).label("direct")
    rows = select(Room.id, Room.name, Room.private, is_direct, Room.last_id, read_id)
    return rows.where(~Room.private | read_id.is_not(None))


def shown(room_id: int) -> RoomOut:
    """Return a room as I see it; raise 404 if I may not know of it."""
    row = db.session.execute(visible_rooms().where(Room.id == room_id)).one_or_none()
    if row is None:
        raise Problem(404, "There is no such room.")
    return RoomOut.model_validate(row)


def entered(room_id: int) -> RoomOut:
    """Return a room that I am in; raise 403 if I could be, or 404."""
    room = shown(room_id)
    if room.read_id is None:
        raise Problem(403, "Enter the room first: PUT /rooms/{id}/members/{your name}.")
    return room


def named(username: str) -> User:
    """Return a user, or raise the 404."""
    found = select(User).filter_by(username=username.lower())
    user: User = db.one_or_404(found, description="There is no such user.")
    return user


def tell(kind: str, room_id: int, user: User, **more: int) -> None:
    """Tell those in a room, and the user's own connections, who has joined or left it."""
    frame = {"type": kind, "room": room_id, "username": user.username, **more}
    for channel in (f"room:{room_id}", f"user:{user.id}"):
        events.publish(channel, {"frame": frame})
