"""What the tests here share: a small right project to break, and a tidy end of each run."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.house import Room
from tests.tidy import pytest_sessionfinish, pytest_sessionstart, pytest_terminal_summary

__all__ = ["pytest_sessionfinish", "pytest_sessionstart", "pytest_terminal_summary"]

HERE = Path(__file__).parent
THOROUGH = "thorough"  # pytest --hypothesis-profile=thorough
settings.register_profile(THOROUGH, max_examples=1000)
collect_ignore = ["toy"]  # its tests belong to copies of it


class Toy(Room):
    """A copy of ``tests/toy``, to be changed."""

    def change(self, name: str, old: str | None, new: str | None) -> None:
        """Put ``new`` in the place of ``old``, which may be the whole file (None)."""
        file = self.folder / name
        if new is None:
            file.unlink()
        elif old is None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(new, "utf-8")
        else:
            text = file.read_text("utf-8")
            assert old in text, f"{name} of the toy does not contain {old!r}"
            file.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Toy]:
    """A right project in a folder of its own, ready to be changed and imported."""
    folder = tmp_path / "projects/crud/notes"
    shutil.copytree(HERE / "toy", folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.syspath_prepend(folder)
    yield Toy(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] == "notes"]:
        del sys.modules[name]
