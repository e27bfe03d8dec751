"""The schema of today: one object a file, in the order in which they are made.

Migrations never read these files: they run frozen SQL of their own, and a test holds the two equal.
"""

from __future__ import annotations

from importlib.resources import files
from typing import LiteralString

ORDER = (
    "tables/epoch",
    "tables/session",
    "tables/session_history",
    "tables/append_batch",
    "tables/staged_row",
    "tables/server_history",
    "tables/rejected_message",
    "tables/waiting_record",
    "tables/lease",
    "tables/technology",
    "tables/quality_class",
    "tables/session_salt",
    "tables/erased_digest",
    "tables/erasure",
    "tables/checkpoint",
    "tables/log_subtree",
    "tables/log_run",
    "functions/refuse_change",
    "functions/protect",
    "functions/make_partition",
    "functions/lock_append",
    "functions/make_partitions_ahead",
    "functions/resolve_epoch",
    "functions/listed",
    "functions/register_sessions",
    "functions/append",
    "functions/hold_lease",
    "functions/resolution_name",
    "functions/page_lines",
    "functions/page_quality",
    "functions/result_class",
    "functions/channel_variable",
    "functions/unescaped",
    "functions/told_moment",
    "functions/counter",
    "functions/unseen_reload",
    "functions/gap_reason",
    "functions/gaps",
    "functions/is_attempt",
    "functions/restarted_at",
    "views/session_rows",
    "views/page_attempts",
    "views/session_facts",
    "views/sessions",
    "views/session_pages",
    "views/session_timeline",
    "views/rejected_messages",
    "functions/usage",
    "views/usage_daily",
    "views/failures",
    "functions/quality",
    "views/quality_by_peer",
    "functions/counted_faxes",
    "views/reconciliation",
    "views/coverage_gaps",
    "tables/rate",
    "functions/check_rate",
    "functions/set_rate",
    "functions/minor_digits",
    "views/session_charges",
    "functions/plain_headers",
    "functions/plain_variables",
    "functions/personal_details",
    "functions/plain_details",
    "functions/personal_digest",
    "functions/log_entry",
    "functions/lock_log",
    "functions/erasing",
    "functions/only_erased",
    "functions/only_emptied",
    "functions/erase_session",
    "functions/erase_rejected",
    "functions/masked",
    "views/log_leaves",
    "views/sessions_masked",
    "tables/export_batch",
    "tables/export_line",
    "tables/export_pending",
    "tables/export_delivery",
    "functions/text_digest",
    "functions/export_personal_digest",
    "functions/export_line_digest",
    "functions/seal_export_line",
    "functions/refuse_export_line_change",
    "functions/erase_export_lines",
    "functions/export_changes",
    "functions/export_seen",
    "functions/export_due",
    "functions/begin_export_batch",
    "functions/end_export_batch",
    "functions/export_delivered",
    "functions/export_as_of",
    "privileges/append_only",
    "privileges/grants",
)
"""Everything inside the schema; privileges/roles comes before it, for roles belong to the cluster."""


def text(name: str) -> LiteralString:
    """The SQL of one object, by folder and name: ``text("views/sessions")``."""
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def schema() -> LiteralString:
    """The whole schema from scratch, as the role fax_owner makes it."""
    return "\n".join(text(name) for name in ORDER)
