"""The doctor's check of [retention]: whether something is due that faxstore retention has not deleted for a week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from faxstore.archive.layout import month_name
from faxstore.counted import counted
from faxstore.doctor.findings import Finding, Verdict
from faxstore.retention.due import Ends, list_due
from faxstore.settings.values import Retention
from faxstore.store.database import Connection

SUBJECT = "database"
CHECK = "retention"

LATE = timedelta(days=7)
"""How long something may be due: the timer runs each day."""

_MAY_READ = """
select has_column_privilege('fax.rejected_message', 'raw', 'select')
       and has_table_privilege('fax.erasure', 'select') and has_table_privilege('fax.archive_file', 'select')
"""


def retention(connection: Connection, periods: Retention) -> Finding:
    """Check that what is due is deleted."""
    if not periods.is_configured:
        return Finding(SUBJECT, CHECK, Verdict.OK, "no period is set: everything is retained")
    if connection.execute(_MAY_READ).fetchone() != (True,):
        return Finding(SUBJECT, CHECK, Verdict.NOTE, f"{connection.info.user} may not read what is due")
    due = list(list_due(connection, Ends.of(periods, datetime.now(UTC) - LATE)))
    if not due:
        return Finding(SUBJECT, CHECK, Verdict.OK, "nothing has been due for over a week")
    oldest = min(due, key=lambda one: one.month.month)
    steps = f"{counted(len(due), 'steps')}, the oldest {month_name(oldest.month.month)} by the rule {oldest.rule}"
    change = "run faxstore retention, which names what keeps it; install deploy/faxstore-retention.timer"
    return Finding(SUBJECT, CHECK, Verdict.WARN, f"due for over a week: {steps}", change)
