"""The spool: a durable local queue of bytes (SQLite).  It never interprets what it stores."""
