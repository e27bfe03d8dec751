"""What a distributed database has in place of functions of the schema, and which table is where.

Rows of sessions are distributed by session_id: all rows of a session are on one node. REFERENCE tables, which folds
read, are on all nodes. All other tables stay on the coordinator. Each file replaces a function of the same name, or
adds one that these call: a node's tables have no triggers, and a statement that changes rows of sessions reads one
table or joins by session_id. ``faxstore migrate --distribute`` runs them (faxstore/store/distribution.py); a database
that is not distributed has none of them.
"""

DISTRIBUTED = ("session", "observation", "session_pack", "session_total", "session_untotalled")
"""Tables with rows of sessions. session_pack has an array of rows of observation, so it follows."""

REFERENCE = (
    "collector",
    "epoch",
    "erasure",
    "server_history",
    "coverage_day",
    "technology",
    "quality_class",
    "job_window",
    "erased_key",
    "pseudonym",
    "rate",
    "dropped_session",
)
"""Tables that folds read for a session. Their triggers fire on the coordinator's copy."""

ORDER = (
    "sessions_of",
    "untotalled_of",
    "totalled",
    "folded_totals",
    "removed_totals",
    "stored_moments",
    "store_session",
    "count_totals",
    "forget_totals",
    "record_change",
    "record_session",
    "change_session",
    "register_sessions",
    "forget_coverage",
    "forget_coverage_of_rows",
    "forget_coverage_of_server",
    "has_packs",
    "without_repeats",
    "insert_rows",
    "stored_events",
    "write_totals",
    "make_append_only",
    "merged_rows",
    "has_row",
    "periods_to_pack",
    "pack_sessions",
    "drop_packed_partitions",
    "rows_with_sessions",
    "changed_appends",
    "known_accounts",
    "compare_readings",
)
"""The files."""

OF_THE_APPENDER = ("add_server_row", "adrift", "last_on_channel", "runs_of_uniqueid")
"""Functions that run with the rights of their owner here.

Citus connects to a node once per user, and a connection does not see what another one has changed in the transaction.
"""
