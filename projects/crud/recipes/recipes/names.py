"""One name for one thing, however it is spelt in case and spaces."""

import unicodedata


def tidy(text: str) -> str:
    """Return ``text`` without space at its ends and with single spaces inside."""
    return " ".join(text.split())


def folded(text: str) -> str:
    """Return what is compared: ``"  Crème  FRAÎCHE "`` and ``"crème fraîche"`` fold to the same.

    Case folding is more than lower case (``STRASSE`` and ``straße`` are one word), and an accent is
    the same whether it came as one character or as two (Unicode NFC).
    """
    return unicodedata.normalize("NFC", tidy(text).casefold())
