"""Requests of a user, where an application has accounts (``common.accounts``).

The demo data of such a project belong to the user ana, so that a list has something to show.
"""

from typing import Any

from werkzeug.test import Client, TestResponse

from common.testing.backend import InProcess

ANA = {"username": "ana", "password": "correct horse"}


def login(backend: InProcess) -> dict[str, str]:
    """Return the headers that ana sends; none where there are no accounts."""
    if "common_accounts" not in backend.app.extensions:
        return {}
    client = Client(backend.wsgi)
    client.post("/register", json=ANA)  # 409 if the demo data have her
    answer = client.post("/login", json=ANA)
    assert answer.status_code == 200, f"ana cannot log in with {ANA['password']!r}: {answer.text}"
    return {"Authorization": f"Bearer {answer.json['access_token']}"}


class UserClient(Client):
    """A test client that sends what ana sends."""

    def __init__(self, backend: InProcess) -> None:
        super().__init__(backend.wsgi)
        self.headers = login(backend)

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request."""
        return super().open(*args, **{"headers": self.headers, **kwargs})
