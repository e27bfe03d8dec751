"""Chaos: the ingestor, its database, the network and the telephone server broken at random, and the books compared.

A played Asterisk (asterisk.py, fax.py) writes a ledger (ledger.py) of every message that it hands to a connection,
each with a serial number in a header of its own, which the history keeps among a row's details.  A real
`faxstore ingest` (ingestor_process.py), a Postgres of its own (postgres.py) and the ways to both (link.py,
tests/kit/relay.py) are broken by faults drawn from a seed (faults.py, chaos_run.py).  Then judge.py compares
(history.py, expected_rows.py, folds.py, cover.py).

What the history must hold, by what became of a message:

* **read**: the ingestor had taken its last byte from its socket (the kernel's counters tell: bytes handed over, less
  those not acknowledged, less those that lie unread in the ingestor's receive buffer).  It must be in the history, in
  exactly one row, with exactly its values.
* **lost in memory**: read, but the ingestor was killed with -9 within `SPOOLED_WITHIN` seconds (or ended while its disk
  was full, or halted): it may be missing.  So may a list's entry that waited for its detail, in a poll that was
  under way.  Not so if it was on disk: the spool is copied after each kill, and what the copy holds must be in the
  history.  The time from a kill on is a gap on record.
* **in flight**: handed to the kernel in whole and not known to be read when the connection ended: it may be there.
* **cut**: its last byte was never handed over.  It must not be there, and nothing of it: half a message is no answer.

A list's entry is in the row of its session's detail where that was asked (header ListSerial), else in a row of its own.
Nothing else may be in the history but `Gone`, which the ingestor concludes: of a session that has been listed before,
at most one in each stretch between two listings.
"""
