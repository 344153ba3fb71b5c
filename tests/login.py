"""Requests of a user, where an application has users: by its OpenAPI security schemes.

The demo data of such a project belong to the user ana, so that a list has something to show.
``account`` is the scheme of ``common.accounts``: a token. ``session`` is a session's cookie, with
the token of ``GET /csrf`` in a header. Where there are no users, who makes something may get its
owner's token: for the scheme ``organiser`` that is ``organiser_token`` in the answer.
"""

from typing import Any

from werkzeug.test import Client, TestResponse

from common.describe.examples import entries
from common.describe.openapi import document
from common.testing.backend import InProcess

ANA = {"username": "ana", "password": "correct horse"}
ORIGIN = {"Origin": "http://localhost"}


def login(backend: InProcess) -> dict[str, str]:
    """Return the headers that ana sends; none where there are no users."""
    described = document(backend.app)
    schemes = described["components"].get("securitySchemes", {})
    client = Client(backend.wsgi)
    if "account" in schemes:
        client.post("/register", json=ANA)  # 409 if the demo data have her
        token = answer_to(client.post("/login", json=ANA))["access_token"]
        return {"Authorization": f"Bearer {token}"}
    if "session" in schemes:
        before = client.get("/csrf").json["csrf_token"]
        response = client.post("/login", json=ANA, headers={**ORIGIN, "X-CSRF-Token": before})
        token = answer_to(response)["csrf_token"]
        cookie = response.headers["Set-Cookie"].partition(";")[0]
        return {**ORIGIN, "X-CSRF-Token": token, "Cookie": cookie}
    token = owners_token(client, described)
    return {"Authorization": f"Bearer {token}"} if token else {}


def owners_token(client: Client, described: dict[str, Any]) -> str | None:
    """Make what can be made, until an answer has the token of a scheme; None if none has."""
    names = {f"{scheme}_token" for scheme in described["components"].get("securitySchemes", {})}
    if not names:
        return None
    for entry in entries(described):
        if entry.method == "POST" and entry.body and "{" not in entry.path:
            made = client.post(entry.path, data=entry.body, content_type=entry.media_type)
            found = names & (made.json or {}).keys() if made.is_json else set()
            if found:
                return str(made.json[found.pop()])
    return None


def answer_to(response: TestResponse) -> Any:
    """Return what a login answers; AssertionError if it is refused."""
    assert response.status_code == 200, (
        f"ana cannot log in with {ANA['password']!r}: {response.text}"
    )
    return response.json


class UserClient(Client):
    """A test client that sends what ana sends."""

    def __init__(self, backend: InProcess) -> None:
        super().__init__(backend.wsgi, use_cookies=False)  # or Werkzeug drops the header Cookie
        self.headers = login(backend)

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request."""
        return super().open(*args, **{"headers": self.headers, **kwargs})
