"""Creates the whole schema.

Until 0.1.0 is released, this revision is rewritten whenever faxstore/sql changes (``make freeze``). From then on it is
frozen, and each change of the schema is a revision of its own.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    """Creates the schema."""
    _run("0001_up.sql")


def downgrade() -> None:
    """Drops the schema. Fails if it contains a history, a log, a billing ledger or rates."""
    _run("0001_down.sql")


def _run(name: str) -> None:
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute((_SQL / name).read_text(encoding="utf-8"))
