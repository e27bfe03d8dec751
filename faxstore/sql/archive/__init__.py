"""Months whose rows are in Parquet files: which files, which rows left the database, and what remains of them here.

faxstore/archive writes and reads the files.
"""

ORDER = (
    "archive_file",
    "dropped_month",
    "dropped_session",
    "dropped_leaf",
    "month_change",
    "check_dropped",
    "check_deleted",
    "has_dropped_evidence",
    "counts_deleted",
    "outdate_files",
)
