"""The error that a command shows as one line."""


class LabError(Exception):
    """Something that the person at the keyboard can mend: the message says what, what is allowed, and how."""
