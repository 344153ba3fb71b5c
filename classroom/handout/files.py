"""The files that make up a project and the shared library."""

import re
import shutil
import subprocess
from pathlib import Path, PurePath

from classroom.ideas import ROOT, Idea

COMMON = "common/src/common"

# What git tracks, or would if it were added.
TRACKED = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")

# What running a project leaves behind; git does not track it, and no copy takes it along.
LEFTOVERS = re.compile(
    r"instance|__pycache__|\.env|\.?venv.*|\.git|\.nox|\.cache|\.hypothesis|\.coverage.*|htmlcov"
    r"|\.\w+_cache|.*\.pyc|.*\.egg-info|node_modules|\.DS_Store"
)


def project_files(idea: Idea, root: Path = ROOT) -> list[Path]:
    """Return the files that make up the project, without what running it has left behind."""
    return source_files(idea.folder, root)


def common_files(root: Path = ROOT) -> list[Path]:
    """Return the files of the shared library's package."""
    return source_files(root / COMMON, root)


def source_files(folder: Path, root: Path = ROOT) -> list[Path]:
    """Return the regular files below ``folder``: where there is git, those that it would track."""
    listed = ask_git(root, *TRACKED, "--", str(folder))
    if listed:
        files = [root / name for name in listed.split("\0") if name]
    else:
        files = list(folder.rglob("*"))
    found = []
    for file in files:
        is_regular = file.is_file() and not file.is_symlink()
        if is_regular and not is_leftover(file.relative_to(folder)):
            found.append(file)
    return sorted(found)


def is_leftover(path: PurePath) -> bool:
    """Tell whether running a project has made this file, or a folder that it is in."""
    return any(LEFTOVERS.fullmatch(part) for part in path.parts)


def ask_git(root: Path, *arguments: str) -> str:
    """Return what git says; nothing where there is no git or no repository of ours."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return ""
    command = [git, "-C", str(root), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip("\n")
