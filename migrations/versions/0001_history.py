"""The history, its append, and the three views."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    """Frozen SQL: it stays as it is, whatever becomes of the schema later."""
    _run("0001_up.sql")


def downgrade() -> None:
    """Refused while there is a history."""
    _run("0001_down.sql")


def _run(name: str) -> None:
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute((_SQL / name).read_text(encoding="utf-8"))
