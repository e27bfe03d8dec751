"""The location of the migrations: beside the package in a checkout, inside it in an installed wheel."""

from __future__ import annotations

from pathlib import Path

import faxstore


def migrations_dir() -> Path:
    """Returns the folder with alembic's env.py and versions/."""
    package = Path(faxstore.__file__).resolve().parent
    shipped = package / "migrations"
    return shipped if shipped.is_dir() else package.parent / "migrations"
