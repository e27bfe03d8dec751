"""Errors that a user can act on, and their text on one line.

The command line prints the text of a FaxstoreError and exits with its exit_status.  Any other exception is a defect
in faxstore and may show a traceback.
"""


class FaxstoreError(Exception):
    """Base class of errors that a user can act on; str() is one line: what is wrong, and what to do."""

    exit_status = 1


class UsageError(FaxstoreError):
    """A setting, an argument or a file cannot be used, or a right is missing."""

    exit_status = 2


class UnreachableError(FaxstoreError):
    """A server or the database cannot be reached, or refuses the connection."""

    exit_status = 3


def one_line(error: BaseException | str) -> str:
    """Return the text of an error on one line, without unprintable characters.

    An exception without text is represented by the name of its class.
    """
    text = "".join(char if char.isprintable() else " " for char in str(error))
    return " ".join(text.split()) or (type(error).__name__ if isinstance(error, BaseException) else "")
