"""Months of the history in Parquet files: written, compared with the log, dropped from the database, and restored.

`archiving`, `dropping` and `restoring` are the three steps; `months` is what the database knows of them.  `columns` and
`parquet` say what a file contains, `layout` where it is, `writing` and `reading` move the rows.  `entries` computes the
log's entries of rows that were read from a file, and `comparison` compares them with the log.

Modules that need pyarrow, from the extra `parquet`, are imported only where it is known to be installed.
"""

import os

# The allocator that pyarrow uses otherwise retains tens of megabytes that are free.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
