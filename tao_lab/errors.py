"""The error that a command shows as one line, and a name for what was given instead of what is allowed."""


class LabError(Exception):
    """Something that the person at the keyboard can mend: the message says what, what is allowed, and how."""


def a_kind(value: object) -> str:
    """The kind of a value in a sentence: `an int`, `a list`; `None` alone."""
    kind = type(value).__name__.removeprefix("nd")  # numpy's array
    return "None" if value is None else f"an {kind}" if kind[0] in "aeiouAEIOU" else f"a {kind}"
