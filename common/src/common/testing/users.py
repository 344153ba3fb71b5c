"""Clients that a user of ``common.accounts`` has logged in with: the fixture ``as_user``."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
from werkzeug.test import TestResponse

from common.testing.backend import Backend, RecordingClient

PASSWORD = "correct horse battery"  # noqa: S105  # of everybody in tests


class UserClient(RecordingClient):
    """A client that sends a user's token, and logs in anew when its time is over."""

    def __init__(self, backend: Backend, exchanges: list[str], login: dict[str, str]) -> None:
        super().__init__(backend, exchanges)
        self.login = login
        self.token = ""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request as the user; once more after a 401, for tests move the clock by weeks."""
        response = self._send(*args, **kwargs)
        if response.status_code == HTTPStatus.UNAUTHORIZED and self.log_in():
            response = self._send(*args, **kwargs)
        return response

    def log_in(self) -> bool:
        """Take a fresh token; tell whether there was one."""
        response = super().open("/login", method="POST", json=self.login)
        self.token = (response.get_json(silent=True) or {}).get("access_token", "")
        return bool(self.token)

    def _send(self, *args: Any, **kwargs: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **dict(kwargs.pop("headers", {}))}
        return super().open(*args, headers=headers, **kwargs)


@pytest.fixture
def as_user(backend: Backend, client: RecordingClient) -> Callable[..., UserClient]:
    """A client of the user ``ana``, registered at the first call: ``as_user("ana").get("/me")``."""

    def user(username: str, password: str = PASSWORD, **registration: str) -> UserClient:
        login = {"username": username, "password": password}
        made = client.post("/register", json={**login, **registration})
        if made.status_code not in {HTTPStatus.CREATED, HTTPStatus.CONFLICT}:
            pytest.fail(f"{username} cannot register: {made.status} {made.text}")
        own = UserClient(backend, client.exchanges, login)
        if not own.log_in():
            pytest.fail(f"{username} has registered and cannot log in.")
        return own

    return user
