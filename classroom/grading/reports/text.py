"""Text from strangers made harmless: what is invisible becomes visible, what is long is cut.

Neither control characters, which steer terminals and which XML forbids, nor characters that turn
the direction of writing or take no room reach a report. What a person is meant to read stays.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from itertools import count

from classroom.grading.results import Submission

# Controls, soft hyphen, direction marks, zero width, line separators, tags, surrogates, and the two
# that XML forbids. Joiners (200C, 200D) belong to Persian, Hindi and emoji, but not between ASCII.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
    "|(?:(?<=[\x00-\x7f])|^)[\u200c\u200d]"
)
_WITHOUT_BREAKS = str.maketrans("", "", "\n\t")
_PICTURES = 0x2400  # "␀", the picture of NUL; those of the other controls follow
_DELETE = 0x7F

# What a spreadsheet takes for the beginning of a formula, in East Asian width too. Also after what
# separates cells: Excel splits at semicolons in much of Europe.
_FORMULA = re.compile(r"(^|[;,|\"])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")

# Letters that are no others with a mark, as é is e with one.
_SPELT = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "\u0131": "i",
        "Ø": "O",
        "Ł": "L",
        "Đ": "D",
        "ß": "ss",
        "æ": "ae",
    }
)

# Windows opens devices under these names, whatever their ending.
_DEVICES = {"con", "prn", "aux", "nul"}
for _number in "123456789":
    _DEVICES |= {f"com{_number}", f"lpt{_number}"}
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}(?<!\.)")


def line(text: str, limit: int = 300) -> str:
    """Return one line: ``Ana\\nLópez`` → ``Ana␊López``."""
    text = _cut(text, limit)
    if text.isascii() and text.isprintable():  # most of it, and much faster
        return text
    return _HIDDEN.sub(_visible, text)


def block(text: str, limit: int = 4000) -> str:
    """Return text that keeps its line breaks and tabs."""
    text = _cut(text, limit).replace("\r\n", "\n")
    if text.isascii() and text.translate(_WITHOUT_BREAKS).isprintable():
        return text
    return _HIDDEN.sub(lambda match: match[0] if match[0] in "\n\t" else _visible(match), text)


def _cut(text: str, limit: int) -> str:
    left_out = len(text) - limit
    if left_out <= 0:
        return text
    return f"{text[:limit]} … ({left_out:,} more characters)"


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < ord(" "):
        return chr(_PICTURES + code)
    if code == _DELETE:
        return "␡"
    return f"⟨U+{code:04X}⟩"


def cell(value: str | float | None) -> str:
    """Return what stands in a CSV file: numbers, and text that no spreadsheet calculates."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return number(value)
    text = line(value).strip()
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(r"\1\2'", text)


def number(value: float) -> str:
    """Return points as people write them: 12, 7.5, 3.33."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def shown_id(submission: Submission) -> str:
    """Return under what it was handed in."""
    return line(submission.student).strip() or "(no name)"


def shown_name(submission: Submission) -> str:
    """Return the name that reports speak of."""
    return line(submission.name, 80).strip() or shown_id(submission)


def by_name(submissions: Iterable[Submission]) -> list[Submission]:
    """Return them as a class list has them: Óscar between Olga and Paul."""

    def key(submission: Submission) -> tuple[str, str, str]:
        letters = unicodedata.normalize("NFKD", shown_name(submission)).casefold()
        plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
        return plain, submission.student, submission.digest

    return sorted(submissions, key=key)


def file_names(submissions: Iterable[Submission]) -> dict[Submission, str]:
    """Return a file name for each: safe on every system, and never one for two.

    A name that is safe is kept. Any other is spelt with ASCII letters and gets a piece of its hash:
    ``../Ana López`` → ``Ana-Lopez-`` and eight hexadecimal digits.
    """
    names: dict[Submission, str] = {}
    taken: set[str] = set()
    in_order = sorted(submissions, key=lambda submission: submission.student)
    # Those that are safe come first: nobody can take the name of somebody else by his own.
    in_order.sort(key=lambda submission: not _is_safe(submission.student))
    for submission in in_order:
        for name in _candidates(submission.student):
            if name.casefold() not in taken:
                taken.add(name.casefold())
                names[submission] = name
                break
    return names


def _is_safe(name: str) -> bool:
    if not _SAFE.fullmatch(name):
        return False
    stem = name.partition(".")[0]
    return stem.casefold() not in _DEVICES


def _candidates(student: str) -> Iterable[str]:
    if _is_safe(student):
        yield student
    letters = unicodedata.normalize("NFKD", student.translate(_SPELT))
    plain = letters.encode("ascii", "ignore").decode()[:200]
    plain = re.sub(r"[^A-Za-z0-9]+", "-", plain)
    plain = plain.strip("-")[:40].rstrip("-") or "student"
    content = student.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(content).hexdigest()[:8]
    yield f"{plain}-{digest}"
    for number_of_it in count(2):
        yield f"{plain}-{digest}-{number_of_it}"
