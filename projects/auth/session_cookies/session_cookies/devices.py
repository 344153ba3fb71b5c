"""A few words for a User-Agent, so that people recognise their devices."""

# The first that occurs counts: Edge calls itself Chrome too, and everybody calls itself Safari.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
    "curl/": "curl",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def describe(user_agent: str) -> str:
    """Return ``"Firefox on Linux"``, as far as it is known: ``"curl"``, ``"Unknown device"``."""
    names = (BROWSERS, SYSTEMS)
    found = [next((table[sign] for sign in table if sign in user_agent), None) for table in names]
    return " on ".join(name for name in found if name) or "Unknown device"
