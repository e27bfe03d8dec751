"""The waits of the ingestor, read from lines of Postgres's log."""

from __future__ import annotations

from pathlib import Path

from tests.trials.chaos.lock_waits import longest_steps, waits

LOG = """\
7 [unknown]|LOG:  connection authorized: user=chaos_ingest database=faxstore application_name=faxstore
8 [unknown]|LOG:  connection authorized: user=chaos_ingest database=faxstore application_name=faxstore-compact
7 faxstore|LOG:  process 7 still waiting for ExclusiveLock on advisory lock [1,2,3,1] after 20.420 ms
7 faxstore|DETAIL:  Process holding the lock: 8. Wait queue: 7.
7 faxstore|CONTEXT:  SQL statement "SELECT fax.lock_append()"
8 faxstore-compact|LOG:  duration: 900.1 ms  statement: select fax.write_totals(100, 0)
7 faxstore|LOG:  process 7 acquired ExclusiveLock on advisory lock [1,2,3,1] after 52.755 ms
8 faxstore-compact|LOG:  process 8 still waiting for ShareLock on transaction 9 after 20.1 ms
8 faxstore-compact|DETAIL:  Process holding the lock: 7. Wait queue: 8.
8 faxstore-compact|LOG:  process 8 acquired ShareLock on transaction 9 after 99.2 ms
7 faxstore|LOG:  duration: 61.5 ms  execute <unnamed>: select fax.write_totals($1, $2)
7 faxstore|LOG:  duration: 800.5 ms  execute <unnamed>: select appended, repeats from fax.append($1)
7 faxstore|LOG:  process 7 still waiting for ExclusiveLock on advisory lock [1,2,3,1] after 20.420 ms
7 faxstore|DETAIL:  Process holding the lock: 8. Wait queue: 7.
"""


def test_a_wait_is_known_with_the_process_that_held_the_lock(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    log.write_text(LOG)
    assert list(map(str, waits(log))) == ["53 ms for ExclusiveLock on advisory lock [1,2,3,1] of faxstore-compact"]
    assert longest_steps(log) == {"write_totals": 61.5}
