"""The history, who may append to it, and how: epochs, sessions, observations, partitions, leases.

Collectors and importers write here, through functions. Nothing here interprets faxes.
"""

ORDER = (
    "epoch",
    "session",
    "pseudonym",
    "erased_key",
    "session_history",
    "append_batch",
    "appended_row",
    "appended_session",
    "server_history",
    "rejected_message",
    "recording_part",
    "waiting_record",
    "lease",
    "refuse_change",
    "make_append_only",
    "make_partition",
    "lock_append",
    "order_rows",
    "make_partitions_ahead",
    "counter",
    "unseen_reload",
    "resolve_epoch",
    "is_watched",
    "line_of",
    "find_gone_sessions",
    "register_sessions",
    "insert_rows",
    "without_repeats",
    "append",
    "hold_lease",
    "rejected_messages",
)
