"""Applies the rules to the months that are due, rule by rule, the oldest month first.

Each step is a transaction of its own, and what is due is found again from the database.  So a run that is killed leaves
nothing half done, and the next one goes on where it ended.  A month that cannot be handled is reported, and the others
are handled nevertheless.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path

from faxstore.archive import layout, months
from faxstore.archive.extra import require_pyarrow
from faxstore.counted import counted
from faxstore.errors import FaxstoreError, UnreachableError
from faxstore.retention import deleting, erasing, reported
from faxstore.retention.due import Due, Ends, Month, Rule, due
from faxstore.settings.values import Settings
from faxstore.store import packs
from faxstore.store.compaction import merge_all_rollups, write_all_days, write_all_totals
from faxstore.store.database import Connection
from faxstore.store.distribution import refuse_distributed
from faxstore.store.exclusive import exclusive
from faxstore.visible import visible

LOCK = 4702394921427289934
"""The advisory lock of a run."""
_COMMAND = "faxstore retention"
_FILES = "faxstore retention of a month with files of the archive"

Say = Callable[[str], None]
"""Called with a line about each thing that was done, or that could not be done."""


class Application:
    """One run of the rules.  `done` and `problems` count what was done, and what could not be done."""

    def __init__(self, connection: Connection, settings: Settings, now: datetime, say: Say, complain: Say) -> None:
        self._connection = connection
        self._settings = settings
        self._periods = settings.retention
        self._ends = Ends.of(self._periods, now)
        self._say = say
        self._complain = complain
        self._problems: list[str] = []
        self.done = 0

    @property
    def problems(self) -> int:
        """Return the number of different problems."""
        return len(self._problems)

    def run(self) -> None:
        """Apply all rules.  Raises FaxstoreError if another run is at it, or UnreachableError."""
        months.require_owner(self._connection)
        with exclusive(self._connection, LOCK, _COMMAND, f"another {_COMMAND} is running: it does what is due"):
            failed: set[object] = set()
            for rule in Rule:
                for one in list(due(self._connection, rule, self._ends)):
                    if one.month.month in failed:
                        continue  # values are erased before their rows are dropped
                    if not self._try(one):
                        failed.add(one.month.month)

    def _try(self, one: Due) -> bool:
        try:
            _APPLY[one.rule](self, one)
        except UnreachableError:
            raise
        except FaxstoreError as error:
            if str(error) not in self._problems:
                self._problems.append(str(error))
                self._complain(str(error))
            return False
        self.done += 1
        return True

    def _erase(self, one: Due) -> None:
        """Erase the personal values of a month, and write its files again if they contain them."""
        month, name, rule = one.month, layout.month_name(one.month.month), self._rule(one)
        was_dropped = one.sessions > 0 and month.is_dropped and not month.is_deleted
        if was_dropped:
            self._restore(month, rule)
        sessions = erasing.erase(self._connection, month, rule)
        if sessions:
            self._say(f"erased the personal values of {counted(sessions, 'sessions')} of {name}")
            self._compact()
        if month.messages:
            self._say(f"emptied {counted(month.messages, 'rejected messages')} of {name}")
        if month.reported_not_erased:
            faxes = reported.erase(self._connection, month, rule)
            self._say(f"erased the personal values of {counted(faxes, 'reported faxes')} of {name}")
        if self._ends.rows is not None and month.month < self._ends.rows:
            return  # the next rule writes the files
        if months.files_of(self._connection, month.month):
            self._archive(month, rule)
        if was_dropped:
            self._drop(month, rule)

    def _leave(self, one: Due) -> None:
        """Archive the rows of a month, if its files lack some, and drop them."""
        month, rule = one.month, self._rule(one)
        if month.is_dropped:
            self._restore(month, rule)
            self._compact()
        if not month.has_current_files or not self._has_files(month):
            self._archive(month, rule)
        self._drop(month, rule)

    def _delete(self, one: Due) -> None:
        """Delete the sessions of a month, and then its files; of a deleted one, what arrived late."""
        month, name, rule = one.month, layout.month_name(one.month.month), self._rule(one)
        if month.reported:
            faxes = reported.delete(self._connection, month, rule)
            self._say(f"deleted {counted(faxes, 'reported faxes')} of {name}")
        if month.sessions and not month.is_deleted:
            deleting.delete_sessions(self._connection, month, rule)
            merge_all_rollups(self._connection)
            self._say(f"deleted {name}: {counted(month.sessions, 'sessions')} and their totals")
        elif month.is_deleted and month.rows_here:
            self._compact()
            rows = deleting.delete_late_rows(self._connection, month, self._published, rule)
            merge_all_rollups(self._connection)
            self._say(f"deleted {counted(rows, 'rows')} that arrived late for {name}")
        if month.files:
            files = deleting.delete_files(self._connection, month, self._periods.archive, rule)
            self._say(f"deleted {counted(files, 'files')} of {name}")

    def _restore(self, month: Month, rule: str) -> None:
        refuse_distributed(self._connection, _FILES)
        require_pyarrow(_COMMAND)
        from faxstore.archive import restoring

        folder = None if self._has_files(month) else self._periods.archive
        rows = restoring.restore(self._connection, month.month, folder, lambda _: None, rule)
        self._say(f"restored {layout.month_name(month.month)}: {counted(rows, 'rows')}")

    def _archive(self, month: Month, rule: str) -> None:
        refuse_distributed(self._connection, _FILES)
        require_pyarrow(_COMMAND)
        from faxstore.archive import archiving

        if months.problem(self._connection, month.month):  # a run that was killed leaves sessions without a total
            self._compact()
        files = archiving.archive(self._connection, month.month, self._archive_folder, lambda _: None, rule)
        what = f"{counted(sum(file.rows for file in files), 'rows')} in {counted(len(files), 'files')}"
        self._say(f"archived {layout.month_name(month.month)}: {what}")

    def _drop(self, month: Month, rule: str) -> None:
        require_pyarrow(_COMMAND)
        from faxstore.archive import dropping

        rows = dropping.drop(self._connection, month.month, None, self._published, rule)
        name = layout.month_name(month.month)
        self._say(f"dropped {name}: only its files have its {counted(rows, 'rows')} now")

    def _has_files(self, month: Month) -> bool:
        """Return whether the files of a month are where they were written."""
        return all(file.is_there() for file in months.files_of(self._connection, month.month))

    @property
    def _archive_folder(self) -> Path:
        """Return the archive.  Raises FaxstoreError if it does not exist: it may be on a disk that is not mounted."""
        folder = self._periods.archive or months.last_folder(self._connection)
        if folder is None or not folder.is_dir():
            raise FaxstoreError(
                f"retention.archive {visible(str(folder))} is not a folder: create it, or mount its disk"
            )
        return folder.resolve()

    @cached_property
    def _published(self) -> int | None:
        """Return the rows of the published checkpoint; None if the settings name none."""
        if self._periods.checkpoint is None:
            return None
        require_pyarrow(_COMMAND)
        from faxstore.archive import dropping

        return dropping.published_size(self._connection, self._periods.checkpoint, "retention.checkpoint")

    def _compact(self) -> None:
        """Store again what an erasure or late rows have removed: totals and finished days."""
        write_all_totals(self._connection, self._settings.total_after, lambda _: None)
        merge_all_rollups(self._connection)
        write_all_days(self._connection)
        packs.pack_all(self._connection, self._settings.pack_after, lambda _: None)

    def _rule(self, one: Due) -> str:
        """Return the rule for the journal, with its period."""
        return f"{_COMMAND}: {one.rule} = {getattr(self._periods, one.rule)}"


_APPLY: dict[Rule, Callable[[Application, Due], None]] = {
    Rule.PERSONAL_VALUES: Application._erase,
    Rule.ROWS: Application._leave,
    Rule.TOTALS: Application._delete,
}
