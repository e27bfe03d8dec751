"""The extra `parquet`: whether pyarrow is installed."""

from __future__ import annotations

from faxstore.errors import UsageError


def has_pyarrow() -> bool:
    """Return whether pyarrow is installed."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        return False
    return True


def require_pyarrow(what: str) -> None:
    """Raises UsageError, which begins with `what`, if pyarrow is not installed."""
    if not has_pyarrow():
        raise UsageError(f"{what} needs pyarrow: pip install faxstore[parquet]")
