"""Chaos: breaks the ingestor, its database, the network and the telephone server at random, then compares the books.

A simulated Asterisk (asterisk.py, fax.py) writes a ledger (ledger.py) of every message that it sends.  Each message
carries a serial number in an extra header, which the history keeps in a row's details.  Faults drawn from a seed
(faults.py, chaos_run.py) break a real `faxstore ingest` (ingestor_process.py), a private Postgres (postgres.py) and the
network to both (link.py, tests/kit/relay.py).  Then judge.py compares (history.py, expected_rows.py, folds.py,
cover.py).

The outcome of a message decides what the history must hold:

* **read**: the ingestor took its last byte from its socket.  The kernel's counters show it: bytes sent, minus bytes not
  acknowledged, minus bytes unread in the ingestor's receive buffer.  The history must hold it in exactly one row, with
  exactly its values.
* **lost in memory**: read, but the ingestor was killed with -9 within `SPOOLED_WITHIN` seconds (or ended while its disk
  was full, or was halted).  It may be missing, and so may a list entry that waited for its detail in a running poll.
  If it was on disk it must not be missing: the trial copies the spool after each kill, and what the copy holds must be
  in the history.  The time after a kill is a recorded gap.
* **in flight**: sent in whole, but not known to be read when the connection ended.  It may be in the history.
* **cut**: its last byte was never sent.  No part of it may be in the history: half a message is no answer.

Beside the ingestor, recordings of an old month are imported in pieces, sealed and erased, and `faxstore compact` writes
totals and packs (archive.py); these processes are killed with -9 at random, too.  The rows of the archive must be those
of a database that never compacted, and no append may wait for compaction for more than 200 ms (lock_waits.py).

A list entry is in the row of its session's detail if that was requested (header ListSerial), else in its own row.
The history may hold nothing else except what the ingestor concludes: `Gone`, at most one per session between two
listings, and only after the session was listed; and `Hangup`, if the channel of a listed session hangs up before its
completion event arrives.
"""
