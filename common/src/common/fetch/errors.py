"""Why there is no answer."""


class FetchError(Exception):
    """There is no answer; the text is a reason that may be shown to a user."""


class Refused(FetchError):
    """The URL, or one that it redirects to, must not be asked."""


class Unreachable(FetchError):
    """The host does not exist, does not answer, or answers something that cannot be read."""


class TimedOut(FetchError):
    """The answer did not come in time."""


class TooLarge(FetchError):
    """The body is larger than it may be."""


class TooManyRedirects(FetchError):
    """It is redirected again and again."""
