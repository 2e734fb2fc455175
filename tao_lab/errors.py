"""The error that a command shows as one line, and a name for the kind of a wrong value."""


class LabError(Exception):
    """An error that the user can fix: the message says what is wrong, what is allowed, and how to fix it."""


def a_kind(value: object) -> str:
    """The kind of a value, as words in a sentence: `an int`, `a list`; `None` without an article."""
    kind = type(value).__name__.removeprefix("nd")  # numpy's array
    return "None" if value is None else f"an {kind}" if kind[0] in "aeiouAEIOU" else f"a {kind}"
