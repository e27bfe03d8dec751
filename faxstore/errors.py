"""What a user is told when something cannot be done: one line, and an exit status.

Every error that is the user's to mend is a FaxstoreError; the command line prints its text and
leaves with its status.  Anything else is a fault of ours and may show a traceback.
"""


class FaxstoreError(Exception):
    """One line that names what is wrong and what is allowed."""

    exit_status = 1


class UsageError(FaxstoreError):
    """A setting, an argument or a file is not usable."""

    exit_status = 2


class UnreachableError(FaxstoreError):
    """A server or the database cannot be reached, or refuses us."""

    exit_status = 3
