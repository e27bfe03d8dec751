"""The transparency log over the history, the erasure of personal values, masked views."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    """Frozen SQL: it stays as it is, whatever becomes of the schema later."""
    _run("0004_up.sql")


def downgrade() -> None:
    """Refused where something was sealed or erased: that could not be proven any more."""
    _run("0004_down.sql")


def _run(name: str) -> None:
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute((_SQL / name).read_text(encoding="utf-8"))
