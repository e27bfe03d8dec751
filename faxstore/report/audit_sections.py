"""The sections of the audit report: the meaning, the query and the table columns of each.

A table has a line only if there is something to report; a line below it counts the other servers.  JSON has every row.
A new section is an entry of SECTIONS and a query of its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from faxstore.report.columns import Column, fields, last_text
from faxstore.report.formats import Row
from faxstore.settings.period import Period


@dataclass(frozen=True)
class Section:
    """One section of the report; its query is faxstore/sql/queries/audit/<name>.sql."""

    name: str
    title: str
    meaning: str
    columns: tuple[Column, ...]
    is_reported: Callable[[Row, Period], bool] = lambda row, period: True
    """Whether a row has something to report; the others are not in the table."""

    @property
    def is_by_server(self) -> bool:
        """Whether each row belongs to a server."""
        return any(column.title == "server" for column in self.columns)


def _has_started(row: Row, period: Period) -> bool:
    first_poll = row["first_polled_at"]
    return bool(row["starts"]) or first_poll is None or (period.since is not None and first_poll >= period.since)


def _was_interrupted(row: Row, _: Period) -> bool:
    return bool(row["gaps"] != 0)  # None if it was not polled at all


def _differs(row: Row, _: Period) -> bool:
    pairs = (("completed", "completed_seen"), ("failed", "failed_seen"))
    counted = any(row[one] != row[other] for one, other in pairs)
    return counted or bool(row["restarts"] or row["attempts_missed"] != 0)


def _is_counted(row: Row, _: Period) -> bool:
    return bool(row["number"])


def _share_covered(row: Row) -> str | None:
    share = row["share_covered"]
    return None if share is None else f"{share * 100:.4f} %"


SECTIONS = (
    Section(
        "servers", "Servers",
        "The servers that started in the period, that were first polled in it, and that were never polled.",
        fields(
            "server", ("first on record", "first_observed_at"), ("first poll", "first_polled_at"),
            ("last poll before the end", "last_polled_at"), "starts",
        ),
        _has_started,
    ),
    Section(
        "seen", "Faxes seen",
        "The faxes that began in the period. Empty: not reported or not measurable.",
        fields("server", "direction", "result", "sessions", "pages", "bad_lines", "seconds"),
    ),
    Section(
        "coverage", "Coverage",
        "The servers with gaps: the share of the period since their first poll during which their list was polled.",
        (
            *fields("server", ("from", "from_at"), ("to", "to_at"), "seconds"),
            *fields(("without a poll", "seconds_without_poll"), "gaps"),
            Column("covered", _share_covered),
        ),
        _was_interrupted,
    ),
    Section(
        "gaps", "Gaps",
        "Each interval without a successful poll: the reasons, the known sessions that overlap it, and the faxes that"
        " only the server's own counters show.",
        (
            *fields("server", ("from", "began_at"), ("to", "ended_at"), "seconds", "sessions"),
            *fields(("missed", "missed_faxes"), "reasons"),
            last_text("details", "messages"),
        ),
    ),
    Section(
        "reconciliation", "Reconciliation",
        "The servers whose own counters differ from the sessions on record, or restarted. Missed: counted by the server"
        " and not on record.",
        fields(
            "server", ("from", "from_at"), ("to", "to_at"), "restarts", "attempts", ("seen", "attempts_seen"),
            ("missed", "attempts_missed"), "completed", ("seen", "completed_seen"), "failed", ("seen", "failed_seen"),
            ("observer", "collector_id"),
        ),
        _differs,
    ),
    Section(
        "rejected", "Rejected messages",
        "Messages that could not be understood; fax.rejected_messages has each one complete.",
        (*fields("server", "messages", ("first", "first_at"), ("last", "last_at")), last_text("reason")),
    ),
    Section(
        "dropped", "Dropped records",
        "Records that were received and then dropped for lack of space; the time of each loss counts as a gap.",
        (*fields("server", "records", ("from", "from_at"), ("to", "to_at")), last_text("reason")),
    ),
    Section(
        "corrections", "Billing corrections",
        "Faxes whose figures changed after they were exported for billing, so that a correction was exported.",
        fields("consumer", "server", "sessions", "corrections", ("first", "first_at"), ("last", "last_at")),
    ),
    Section(
        "log", "Proof",
        "The history rows of these faxes, and how many of them no checkpoint of the log covers yet.",
        fields("rows", "first_position", "last_position", ("without a checkpoint", "rows_without_checkpoint")),
    ),
    Section(
        "checkpoints", "Checkpoints",
        "The checkpoints made in the period, and the newest one. Compare them with the published ones.",
        fields("size", "records", ("made", "made_at"), "root"),
    ),
    Section(
        "months", "Months archived, dropped, restored, erased or deleted",
        "Months whose rows went to files or came back, or whose values or faxes were deleted: in the period, or with"
        " faxes of the period. The rows of a dropped month are in its files only. No figure counts a deleted fax.",
        (
            *fields("month", "change", "rows", "sessions", ("when", "changed_at"), ("user", "changed_by")),
            last_text("rule"),
        ),
    ),
    Section(
        "erasures", "Erasures",
        "Personal values that were erased in the period, by day and reason. No figure and no proof changes.",
        (*fields("day", ("user", "erased_by"), "sessions", "rows"), last_text("reason")),
    ),
    Section(
        "unknown", "Unknown",
        "What this report cannot state about the faxes that began in the period. Faxes that never enter res_fax"
        " (T.38 passed through, HylaFAX) are in no figure.",
        (*fields("server", "number"), last_text("what")),
        _is_counted,
    ),
)  # fmt: skip
"""The sections, in the order of the report."""
