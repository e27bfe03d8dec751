"""Rates, and what each fax costs."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    """Frozen SQL: it stays as it is, whatever becomes of the schema later."""
    _run("0006_up.sql")


def downgrade() -> None:
    """No row of the history is touched; rates that were entered refuse it."""
    _run("0006_down.sql")


def _run(name: str) -> None:
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute((_SQL / name).read_text(encoding="utf-8"))
