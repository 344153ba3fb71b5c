"""A PNG is a row of chunks. Most of them are labels, and a label never spoils the picture."""

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TRANSPARENT = b"tRNS"  # what is see-through: no label, though its name begins small


def without_labels(content: bytes) -> bytes:
    """Return a PNG without its texts, its colour profile and the like; anything else unchanged."""
    if not content.startswith(SIGNATURE):
        return content
    kept = [SIGNATURE]
    start = len(SIGNATURE)
    while start < len(content):
        length = int.from_bytes(content[start : start + 4])
        end = start + length + 12  # with length, name and checksum
        name = content[start + 4 : start + 8]
        if name.isupper() or name == TRANSPARENT:  # PNG, 5.4: what must be understood is in capitals
            kept.append(content[start:end])
        start = end
    return b"".join(kept)
