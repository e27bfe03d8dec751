"""The full set of views, and the reference tables behind them."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    """Frozen SQL: it stays as it is, whatever becomes of the schema later."""
    _run("0002_up.sql")


def downgrade() -> None:
    """The views of before; no row of the history is touched."""
    _run("0002_down.sql")


def _run(name: str) -> None:
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute((_SQL / name).read_text(encoding="utf-8"))
