"""The transparency log over the history, and the erasure of personal values that leaves the log intact."""

ORDER = (
    "session_salt",
    "erased_digest",
    "erasure",
    "checkpoint",
    "log_subtree",
    "log_run",
    "plain_headers",
    "plain_variables",
    "personal_details",
    "plain_details",
    "personal_digest",
    "log_entry",
    "lock_log",
    "erasure_recorded",
    "check_erasure",
    "check_rejected_erasure",
    "erase_session",
    "erase_rejected",
    "log_leaves",
)
