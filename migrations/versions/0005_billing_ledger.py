"""The billing ledger: batches, lines, deliveries."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    """Frozen SQL: it stays as it is, whatever becomes of the schema later."""
    _run("0005_up.sql")


def downgrade() -> None:
    """Refused while there is a batch: what was handed out is on record nowhere else."""
    _run("0005_down.sql")


def _run(name: str) -> None:
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute((_SQL / name).read_text(encoding="utf-8"))
