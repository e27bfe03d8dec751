"""Half a minute of chaos with a fixed seed; `make chaos` runs longer, with a new seed each time."""

from __future__ import annotations

from tests.trials.chaos.__main__ import chaos

SEED = 4


def test_history_equals_ledger_after_chaos() -> None:
    """Every message that was read is in the history once, as sent, and every blind interval is a recorded gap."""
    well, text = chaos(SEED, seconds=25, sessions=40, every=2.0)

    print(text)
    assert well, text
