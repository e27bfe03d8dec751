"""The Python API: a Store that reads a history as typed rows, as Arrow tables, or by SQL.

`store` has what users call.  `listings` and `one_session` decide which rows a list or a single session has; the
commands `sessions`, `jobs` and `show` print the same ones.  `rows` has the types of the rows, generated from the
comments of the views.  The API never writes.
"""

from __future__ import annotations

from faxstore.api.rows.change import Change
from faxstore.api.rows.job import Job
from faxstore.api.rows.page import Page
from faxstore.api.rows.session import Session
from faxstore.api.rows.usage import Usage
from faxstore.api.store import SessionDetails, Store
from faxstore.api.store import open_store as open
from faxstore.errors import FaxstoreError, UnreachableError, UsageError

__all__ = (
    "Change",
    "FaxstoreError",
    "Job",
    "Page",
    "Session",
    "SessionDetails",
    "Store",
    "UnreachableError",
    "Usage",
    "UsageError",
    "open",
)
