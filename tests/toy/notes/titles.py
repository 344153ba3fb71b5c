"""Titles made from texts."""


def title_of(text: str, length: int) -> str:
    """Return the first words of ``text`` that fit into ``length`` characters.

    A first word that is longer is cut.
    """
    words = text.split()
    if not words:
        return ""
    title = words[0][:length]
    for word in words[1:]:
        if len(title) + 1 + len(word) > length:
            break
        title = f"{title} {word}"
    return title
