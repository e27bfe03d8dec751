"""An event-sourced store of Asterisk fax sessions.

`faxstore.open()` reads a history from Python: docs/reference/python.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from faxstore.api import Change as Change
    from faxstore.api import FaxstoreError as FaxstoreError
    from faxstore.api import Job as Job
    from faxstore.api import Page as Page
    from faxstore.api import Session as Session
    from faxstore.api import SessionDetails as SessionDetails
    from faxstore.api import Store as Store
    from faxstore.api import UnreachableError as UnreachableError
    from faxstore.api import Usage as Usage
    from faxstore.api import UsageError as UsageError
    from faxstore.api import open as open

_OF_THE_API = (
    *("Change", "Job", "Page", "Session", "SessionDetails", "Store", "Usage", "open"),
    *("FaxstoreError", "UnreachableError", "UsageError"),
)


def __getattr__(name: str) -> object:
    """Import the Python API when it is first used: the import of this package alone loads no database driver."""
    if name not in _OF_THE_API:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("faxstore.api"), name)
