"""The next version of faxstore: the migrations of this one, and a revision after them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from faxstore.store import schema_version

REVISION = '''"""The next revision."""

from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    """Changes the schema."""
    op.execute({up!r})


def downgrade() -> None:
    """Undoes it."""
    op.execute({down!r})
'''


def prepare(folder: Path, up: str, down: str = "select") -> Path:
    """Writes the migrations of the next version into a new folder; `up` and `down` are SQL.  Returns the folder."""
    migrations = shutil.copytree(schema_version.migrations_dir(), folder / "migrations")
    text = REVISION.format(revision=revision(), before=schema_version.newest(), up=up, down=down)
    (migrations / "versions" / f"{revision()}_next.py").write_text(text)
    return migrations


def revision() -> str:
    """The revision of the next version."""
    return f"{int(schema_version.newest()) + 1:04}"


@contextmanager
def running(migrations: Path) -> Iterator[None]:
    """In this block faxstore is that version."""
    with patch.object(schema_version, "migrations_dir", lambda: migrations):
        yield


def migrate(migrations: Path, *arguments: str) -> None:
    """Calls a function of faxstore.store.migrate in a process that is that version; this one stays what it is."""
    program = (
        "import sys; from pathlib import Path; from faxstore.store import migrate, schema_version;"
        "schema_version.migrations_dir = lambda: Path(sys.argv[1]); getattr(migrate, sys.argv[2])(*sys.argv[3:])"
    )
    subprocess.run([sys.executable, "-c", program, migrations, *arguments], check=True)
