"""The lesson: in which order to do things, so that waiting for them costs least."""

LEAST, MOST = 1, 100  # of a value and of an effort


def score(value: int, effort: int) -> float:
    """Return the priority of an entry: its value for each unit of effort.

    The value is what each day of waiting for the entry costs, the effort is how many days it
    takes; both are whole numbers from LEAST to MOST. Whoever does the entry of the highest score
    first, then the next, and so on, loses least in all: no other order is cheaper (Smith's rule).
    The score is not rounded: two entries have the same one only if their order does not matter.

    Source: W. E. Smith, "Various Optimizers for Single-Stage Production", Naval Research
    Logistics Quarterly 3 (1956).
    """
    return value / effort
