"""The spool: a durable local queue of bytes (SQLite).  It never looks into what it stores."""
