"""The schema ``fax`` and the queries of the Python code: one SQL object or query per file, grouped by topic.

A folder's docstring says what it contains; its ``ORDER`` lists its objects so that each follows what it uses.
``queries/`` holds the statements that Python runs, by the part of faxstore that runs them.

Migrations never read these files. They run frozen SQL (``make freeze``), and a test compares the two.
"""

from __future__ import annotations

from importlib.resources import files
from typing import LiteralString

from faxstore.sql import archive, billing, charges, folds, history, jobs, log, reported, rights
from faxstore.sql.comments import with_comments

ORDER = tuple(
    f"{folder.__name__.rpartition('.')[2]}/{name}"
    for folder in (history, archive, reported, folds, jobs, charges, log, billing, rights)
    for name in folder.ORDER
)
"""The objects of the schema by folder and name, in the order of their creation, without ``rights/roles``."""


def text(name: str) -> LiteralString:
    """Return the SQL of one object or query, by folder and name: ``text("folds/sessions")``."""
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def schema() -> str:
    """Return the SQL that creates the whole schema. The role fax_owner runs it, after ``rights/roles``."""
    return "\n".join(with_comments(text(name)) for name in ORDER)
