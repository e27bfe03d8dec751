"""What a distributed database has in place of functions of the schema, and which table is where.

Rows of sessions are distributed by session_id: all rows of a session are on one node. REFERENCE tables, which folds
read, are on all nodes. All other tables stay on the coordinator. Each file replaces a function of the same name, or
adds one that these call: a node's tables have no triggers, and a statement that changes rows of sessions reads one
table or joins by session_id. ``faxstore migrate --distribute`` runs them (faxstore/store/distribution.py); a database
that is not distributed has none of them.
"""

DISTRIBUTED = ("session", "observation", "session_pack", "session_total", "session_untotalled", "reported_fax")
"""Tables with rows of sessions. session_pack has an array of rows of observation, so it follows.

Reported faxes are among them, because fax.job_attempts unites them with sessions: Citus pushes down a union only of
tables that are distributed alike.
"""

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
    "known_sessions",
    "moment_key",
    "rows_except",
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
    "erase_reader_state",
    "erased_rows",
    "erase_values",
    "outdate_files",
    "keep_found_keys",
    "keep_detectors",
    "forget_values",
    "keep_keys",
    "known_accounts",
    "compare_readings",
)
"""The files."""

OF_THE_APPENDER = ("add_server_row", "adrift", "last_on_channel", "runs_of_uniqueid")
"""Functions that run with the rights of their owner here.

Citus connects to a node once per user, and a connection does not see what another one has changed in the transaction.
"""

ON_ONE_CONNECTION = (
    *OF_THE_APPENDER,
    "append",
    "erase_number",
    "erase_rejected",
    "erase_sessions",
    "erase_values",
    "find_gone_sessions",
    "keep_keys",
    "newest_epoch",
    "numbers_restarted",
    "resolve_epoch",
    "stored_events",
    "unseen_reload",
)
"""Functions that use one connection per node, with all others that they call.

Citus would open one per shard. Each of them that wrote is one more to commit in two phases, and a query that follows
does not always see what another connection of its transaction has written.
"""
