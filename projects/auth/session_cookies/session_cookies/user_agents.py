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
    browser = first_match(BROWSERS, user_agent)
    system = first_match(SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Unknown device"


def first_match(names: dict[str, str], user_agent: str) -> str:
    """Return the name whose sign occurs, or an empty text."""
    for sign, name in names.items():
        if sign in user_agent:
            return name
    return ""
