import io
import os
import shutil
import socket
import struct
import subprocess
import tarfile
import zipfile
from types import SimpleNamespace

import pytest

from classroom.grading import unpack
from classroom.grading.entries import entries
from classroom.grading.intake import take
from classroom.grading.unpack import MAX_FILES, read

IDEA = SimpleNamespace(slug="notes")
GOOD = {"notes/__init__.py": b"mine = True\n", "notes/templates/a.html": b"<p>", "README.md": b"#"}


@pytest.fixture
def starter(tmp_path):
    """What students were given."""
    folder = tmp_path / "starter"
    files = {
        "notes/__init__.py": "mine = False\n",
        "notes/codes.py": "raise NotImplementedError\n",
        "requirements.txt": "flask\n",
        "pyproject.toml": "[tool]\n",
        "README.md": "#",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def inbox(tmp_path):
    """The teacher's folder."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def taken(inbox, starter, tmp_path):
    """Take the only submission in; return what was noted and the files that lie there now."""

    def taken():
        [entry] = entries(inbox)
        target = tmp_path / "staged"
        result = take(entry, IDEA, starter, target)
        files = {
            path.relative_to(target).as_posix(): path.read_bytes()
            for path in target.rglob("*")
            if path.is_file()
        }
        return result, files

    return taken


def lay(folder, files):
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def as_zip(path, files, **kinds):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = kinds.get(name, 0) << 16
            archive.writestr(entry, content)
    return path


def as_tar(path, files, *members):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for member in members:
            archive.addfile(member)
    return path


def member(name, kind, target=""):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


def git(folder, *arguments):
    me = ["-c", "user.name=me", "-c", "user.email=me@example.com"]
    command = [shutil.which("git"), "-C", folder, *me, *arguments]
    subprocess.run(command, check=True, capture_output=True)


def as_repository(path, files, work):
    lay(work, files)
    git(work, "init", "-q")
    git(work, "add", "-A")
    git(work, "commit", "-qm", "work")
    git(work, "clone", "-q", "--bare", ".", path)
    return path


# --- forms


def nested(files):
    return {f"my project/{name}": content for name, content in files.items()}


FORMS = {
    "folder": lambda inbox, _: lay(inbox / "ann", GOOD),
    "folder in a folder": lambda inbox, _: lay(inbox / "ann", nested(GOOD)),
    "zip": lambda inbox, _: as_zip(inbox / "ann.zip", GOOD),
    "zip with a folder": lambda inbox, _: as_zip(inbox / "ann.ZIP", nested(GOOD)),
    "zip from Windows": lambda inbox, _: as_zip(
        inbox / "ann.zip", {name.replace("/", "\\"): content for name, content in GOOD.items()}
    ),
    "zip from a Mac": lambda inbox, _: as_zip(
        inbox / "ann.zip", nested(GOOD) | {"__MACOSX/._x": b"", ".DS_Store": b""}
    ),
    "tar": lambda inbox, _: as_tar(inbox / "ann.tar.gz", GOOD),
    "tar with dots": lambda inbox, _: as_tar(
        inbox / "ann.tgz", {f"./{name}": content for name, content in GOOD.items()}
    ),
    "repository": lambda inbox, tmp: as_repository(inbox / "ann.git", GOOD, tmp / "work"),
    "clone without files": lambda inbox, tmp: (
        as_repository(tmp / "bare", GOOD, tmp / "work").parent,
        git(tmp, "clone", "-qn", "bare", inbox / "ann"),
    ),
    "archive in a folder": lambda inbox, _: as_zip(lay(inbox / "ann", {}) / "work.zip", GOOD),
}


@pytest.mark.parametrize("form", FORMS)
def test_package_is_laid_over_the_starter(inbox, taken, tmp_path, form):
    FORMS[form](inbox, tmp_path)
    result, files = taken()
    assert result.reason == ""
    assert files == {
        "notes/__init__.py": b"mine = True\n",
        "notes/codes.py": b"raise NotImplementedError\n",
        "notes/templates/a.html": b"<p>",
    }


def test_same_files_have_the_same_digest_in_whatever_form(starter, tmp_path):
    digests = set()
    for number, form in enumerate(("folder", "zip with a folder", "tar", "repository")):
        box = tmp_path / f"inbox{number}"
        box.mkdir()
        FORMS[form](box, lay(tmp_path / f"tmp{number}", {}))
        [entry] = entries(box)
        digests.add(take(entry, IDEA, starter, tmp_path / f"staged{number}").digest)
    assert len(digests) == 1


# --- names


@pytest.mark.parametrize(
    ("file", "student", "name", "number"),
    [
        ("ann.zip", "ann", "", ""),
        ("ann.lee.tar.gz", "ann.lee", "", ""),
        ("ann.git", "ann", "", ""),
        ("Ann Lee_4711_assignsubmission_file_", "Ann Lee", "Ann Lee", "4711"),
        ("Ann_Lee_4711_assignsubmission_file_work_1.zip", "Ann_Lee", "Ann_Lee", "4711"),
        ("doejane_12345_67890_project.zip", "doejane", "", "12345"),
        ("doejane_LATE_12345_67890_project-2.zip", "doejane", "", "12345"),
        ("submission_123456", "submission_123456", "", "123456"),
        ("=cmd()", "=cmd()", "", ""),
        ("two\nlines", "two\nlines", "", ""),
        ("<b>bold\x1b[31m", "<b>bold\x1b[31m", "", ""),
        (os.fsdecode(b"no\xffutf8"), "no\udcffutf8", "", ""),
    ],
)
def test_student_is_told_from_the_name(inbox, file, student, name, number):
    (inbox / file).mkdir()
    [entry] = entries(inbox)
    assert (entry.student, entry.name, entry.platform_id) == (student, name, number)


def test_what_lies_beside_submissions_is_passed_over(inbox):
    for name in ("grades.csv", "submission_metadata.yml", ".DS_Store", "index.html"):
        (inbox / name).write_text("")
    (inbox / "Ann_1_assignsubmission_onlinetext_").mkdir()
    assert entries(inbox) == []


def test_late_submission_is_noted(inbox, taken):
    as_zip(inbox / "doejane_LATE_12345_67890_project.zip", GOOD)
    assert taken()[0].notes == ("Handed in late, says Canvas.",)


def test_two_submissions_of_one_student_are_both_there(inbox):
    lay(inbox / "ann", GOOD)
    as_zip(inbox / "ann.zip", GOOD)
    both = entries(inbox)
    assert [entry.student for entry in both] == ["ann (ann)", "ann (ann.zip)"]
    assert all("more than once" in entry.notes[0] for entry in both)


# --- what is taken


@pytest.mark.parametrize(
    "name",
    [
        "conftest.py",
        "notes/conftest.py",
        "notes/sub/sitecustomize.py",
        "notes/pytest.ini",
        "sitecustomize.py",
        "usercustomize.py",
        "pyproject.toml",
        "setup.cfg",
        "tests/test_stories.py",
        "common/__init__.py",
        "flask.py",
        "notes/codes.pyc",
    ],
)
def test_file_that_is_not_the_students_to_change_is_left_out_with_a_note(inbox, taken, name):
    lay(inbox / "ann", GOOD | {name: b"raise SystemExit"})
    result, files = taken()
    assert name not in files
    assert b"raise SystemExit" not in files.values()
    assert any(name in note for note in result.notes)


def test_what_running_leaves_behind_is_left_out_without_a_note(inbox, taken):
    junk = {
        f"{folder}/file": b""
        for folder in (".venv", "notes/__pycache__", ".git", "instance", "node_modules/x")
    }
    lay(inbox / "ann", GOOD | junk)
    result, files = taken()
    assert len(files) == 3
    assert result.notes == ()


def test_other_requirements_are_noted(inbox, taken):
    lay(inbox / "ann", GOOD | {"requirements.txt": b"flask\nnumpy\n"})
    assert "requirements.txt differs" in taken()[0].notes[0]


def test_module_may_become_a_package_and_a_package_a_module(inbox, taken, starter):
    lay(starter, {"notes/parts/__init__.py": b""})
    lay(inbox / "ann", {"notes/codes.py/__init__.py": b"1", "notes/parts": b"2"})
    assert taken()[1] == {
        "notes/__init__.py": b"mine = False\n",
        "notes/codes.py/__init__.py": b"1",
        "notes/parts": b"2",
    }


def test_another_user_can_read_what_was_taken(inbox, taken, tmp_path):
    lay(inbox / "ann", GOOD)
    (inbox / "ann/notes/__init__.py").chmod(0o600)
    (inbox / "ann/notes/templates").chmod(0o700)
    taken()
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "staged").rglob("*")}
    assert modes == {0o644, 0o755}


# --- what is refused: one submission, with its reason


def bomb():
    return b"\0" * (unpack.MAX_BYTES + 1)


def many():
    return {f"notes/{number}.py": b"" for number in range(MAX_FILES + 1)}


def endless_directory(path):
    """A zip whose list of entries claims to be 4 GB."""
    as_zip(path, GOOD)
    content = bytearray(path.read_bytes())
    place = content.rindex(b"PK\x05\x06")
    content[place + 12 : place + 16] = struct.pack("<I", 2**32 - 2)
    path.write_bytes(content)


def encrypted(path):
    as_zip(path, GOOD)
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    path.write_bytes(content)


REFUSED = {
    "nothing": (lambda inbox: lay(inbox / "ann", {}), "There is nothing in it."),
    "empty archive": (lambda inbox: as_zip(inbox / "ann.zip", {}), "There is nothing in it."),
    "another project": (
        lambda inbox: lay(inbox / "ann", {"recipes/__init__.py": b"", "README.md": b""}),
        "There is no folder notes in it. At the top: README.md, recipes.",
    ),
    "package alone": (
        lambda inbox: lay(inbox / "ann", {"__init__.py": b"", "codes.py": b""}),
        "There is no folder notes in it. At the top: __init__.py, codes.py.",
    ),
    "too deep": (
        lambda inbox: lay(inbox / "ann", {"a/b/c/notes/__init__.py": b""}),
        "There is no folder notes in it. It is deeper down: a/b/c/.",
    ),
    "two of them": (
        lambda inbox: lay(inbox / "ann", {"a/notes/x.py": b"", "b/notes/x.py": b""}),
        "There is no folder notes in it.",
    ),
    "no archive": (lambda inbox: (inbox / "ann.zip").write_bytes(b"PK\x03\x04junk"), "BadZipFile"),
    "no gzip": (lambda inbox: (inbox / "ann.tar.gz").write_bytes(b"junk"), "It cannot be read"),
    "half an archive": (
        lambda inbox: (
            (inbox / "ann.tgz").write_bytes(as_tar(inbox / "x", GOOD).read_bytes()[:100])
            and (inbox / "x").unlink()
        ),
        "It cannot be read",
    ),
    "another archive": (
        lambda inbox: (inbox / "ann.rar").write_bytes(b"Rar!"),
        "no git repository",
    ),
    "encrypted": (lambda inbox: encrypted(inbox / "ann.zip"), "password required"),
    "zip bomb": (lambda inbox: as_zip(inbox / "ann.zip", {"notes/x": bomb()}), "larger than 20 MB"),
    "tar bomb": (lambda inbox: as_tar(inbox / "ann.tgz", {"notes/x": bomb()}), "larger than 20 MB"),
    "large folder": (lambda inbox: lay(inbox / "ann", {"notes/x": bomb()}), "larger than 20 MB"),
    "many in a zip": (lambda inbox: as_zip(inbox / "ann.zip", many()), "more than 500 files"),
    "many in a tar": (lambda inbox: as_tar(inbox / "ann.tgz", many()), "more than 500 files"),
    "many in a folder": (lambda inbox: lay(inbox / "ann", many()), "more than 500 files"),
    "endless list": (lambda inbox: endless_directory(inbox / "ann.zip"), "entries"),
    "link to a neighbour": (lambda inbox: (inbox / "ann").symlink_to("bob"), "It is a link"),
    "pipe": (lambda inbox: os.mkfifo(inbox / "ann.zip"), "It is a link or a device"),
    "repository without a commit": (
        lambda inbox: git(inbox, "init", "-q", "--bare", "ann"),
        "no commit",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_submission_is_refused_with_a_reason(inbox, taken, what):
    make, reason = REFUSED[what]
    make(inbox)
    result, files = taken()
    assert reason in result.reason
    assert files == {}


def test_bomb_of_what_is_passed_over_is_refused_too(inbox, taken, monkeypatch):
    monkeypatch.setattr(unpack, "MAX_UNPACKED", 100_000)
    as_tar(inbox / "ann.tgz", GOOD | {".venv/x": b"\0" * 200_000})
    assert "when unpacked" in taken()[0].reason


def test_entries_that_are_passed_over_are_counted(inbox, taken, monkeypatch):
    monkeypatch.setattr(unpack, "MAX_SEEN", 100)
    as_zip(inbox / "ann.zip", GOOD | {f".venv/{n}": b"" for n in range(100)})
    assert "more than 100 entries" in taken()[0].reason


# --- tricks: what is crooked is left out, the rest is graded


@pytest.mark.parametrize(
    "path",
    [
        "../evil.py",
        "notes/../../evil.py",
        "/etc/evil.py",
        "notes/" + "x" * 300,
        "notes/" + "ä" * 150,
    ],
)
@pytest.mark.parametrize("form", ["zip", "tar"])
def test_path_that_leads_elsewhere_is_left_out(inbox, taken, tmp_path, form, path):
    if form == "zip":
        as_zip(inbox / "ann.zip", GOOD | {path: b"evil"})
    else:
        as_tar(inbox / "ann.tgz", GOOD | {path: b"evil"})
    result, files = taken()
    assert result.reason == ""
    assert len(files) == 3
    assert "not a proper path" in result.notes[-1]
    assert not [*tmp_path.parent.rglob("evil.py")]


LINKS = {
    "zip": lambda inbox: as_zip(
        inbox / "ann.zip", GOOD | {"notes/link": b"/etc/shadow"}, **{"notes/link": 0o120777}
    ),
    "tar": lambda inbox: as_tar(
        inbox / "ann.tgz", GOOD, member("notes/link", tarfile.SYMTYPE, "/etc/shadow")
    ),
    "hard link": lambda inbox: as_tar(
        inbox / "ann.tgz", GOOD, member("notes/link", tarfile.LNKTYPE, "README.md")
    ),
    "device": lambda inbox: as_tar(inbox / "ann.tgz", GOOD, member("notes/link", tarfile.CHRTYPE)),
    "pipe in a tar": lambda inbox: as_tar(
        inbox / "ann.tgz", GOOD, member("notes/link", tarfile.FIFOTYPE)
    ),
    "folder": lambda inbox: (lay(inbox / "ann", GOOD) / "notes/link").symlink_to("/etc/shadow"),
    "linked folder": lambda inbox: (lay(inbox / "ann", GOOD) / "notes/link").symlink_to("/etc"),
    "pipe": lambda inbox: os.mkfifo(lay(inbox / "ann", GOOD) / "notes/link"),
    "socket": lambda inbox: bound(lay(inbox / "ann", GOOD) / "notes/link"),
}


def bound(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


@pytest.mark.parametrize("form", LINKS)
def test_link_or_device_is_left_out(inbox, taken, form):
    LINKS[form](inbox)
    result, files = taken()
    assert result.reason == ""
    assert len(files) == 3
    assert result.notes == ("Left out: notes/link (not a regular file).",)


def test_file_that_is_twice_in_an_archive_is_what_it_was_last(inbox, taken):
    again = member("notes/__init__.py", tarfile.REGTYPE)
    as_tar(inbox / "ann.tgz", GOOD, again)
    assert taken()[1]["notes/__init__.py"] == b""


# --- git runs nothing


def test_repository_cannot_run_anything(inbox, taken, tmp_path):
    canary = tmp_path / "canary"
    files = GOOD | {".gitattributes": b"* filter=evil export-subst\n"}
    repository = as_repository(inbox / "ann.git", files, tmp_path / "work")
    git(repository, "config", "filter.evil.smudge", f"touch {canary}")
    git(repository, "config", "core.fsmonitor", f"touch {canary}")
    git(repository, "config", "core.pager", f"touch {canary}")
    git(repository, "config", "tar.tar.command", f"touch {canary}")
    for hook in (repository / "hooks").iterdir():
        hook.unlink()
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        (repository / "hooks" / name).write_text(f"#!/bin/sh\ntouch {canary}\n")
        (repository / "hooks" / name).chmod(0o755)
    result, files = taken()
    assert result.reason == ""
    assert files["notes/__init__.py"] == b"mine = True\n"
    assert not canary.exists()


def test_packed_branch_is_found(inbox, taken, tmp_path):
    git(as_repository(inbox / "ann.git", GOOD, tmp_path / "work"), "pack-refs", "--all")
    assert taken()[1]["notes/__init__.py"] == b"mine = True\n"


def test_objects_of_another_repository_are_not_read(inbox, taken, tmp_path):
    repository = as_repository(inbox / "ann.git", GOOD, tmp_path / "work")
    (repository / "objects/info").mkdir(exist_ok=True)
    (repository / "objects/info/alternates").write_text(str(tmp_path / "work/.git/objects"))
    assert "lie elsewhere" in taken()[0].reason


@pytest.mark.parametrize(
    "head", ["ref: ../../etc/passwd", "ref: refs/../../x", "--output=x", "HEAD"]
)
def test_crooked_head_is_no_commit(inbox, taken, tmp_path, head):
    (as_repository(inbox / "ann.git", GOOD, tmp_path / "work") / "HEAD").write_text(head)
    assert "git repository" in taken()[0].reason


def test_link_in_a_commit_is_left_out(inbox, taken, tmp_path):
    work = lay(tmp_path / "work", {})
    (work / "notes").mkdir()
    (work / "notes/link").symlink_to("/etc/shadow")
    as_repository(inbox / "ann.git", GOOD, work)
    result, files = taken()
    assert len(files) == 3
    assert "notes/link (not a regular file)" in result.notes[0]


def test_reading_writes_nothing(inbox):
    lay(inbox / "ann", GOOD)
    before = {path: path.stat().st_mtime_ns for path in inbox.rglob("*")}
    assert read(inbox / "ann").files == GOOD
    assert {path: path.stat().st_mtime_ns for path in inbox.rglob("*")} == before
