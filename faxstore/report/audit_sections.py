"""The sections of the audit report: the meaning, the query and the table columns of each.

A new section is an entry of SECTIONS and a query of its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from faxstore.report.formats import Row
from faxstore.report.tables import Column, field


@dataclass(frozen=True)
class Section:
    """One section of the report; its query is faxstore/sql/queries/audit/<name>.sql."""

    name: str
    title: str
    meaning: str
    columns: tuple[Column, ...]


def _exact(title: str, name: str) -> Column:
    """A column for a number with all its digits."""
    return Column(title, _text_of(name, str))


def _percent(title: str, name: str) -> Column:
    return Column(title, _text_of(name, lambda share: f"{share * 100:.4f} %"))


def _text_of(name: str, text: Callable[[Decimal], str]) -> Callable[[Row], str | None]:
    return lambda row: None if row[name] is None else text(row[name])


_SERVER = field("server", "server")

SECTIONS = (
    Section(
        "servers",
        "Servers",
        "The servers of this report: their first rows and polls on record, and their starts in the period.",
        (
            _SERVER,
            field("first on record", "first_observed_at"),
            field("first poll", "first_polled_at"),
            field("last poll before the end", "last_polled_at"),
            field("starts", "starts"),
        ),
    ),
    Section(
        "seen",
        "Faxes seen",
        "The faxes that began in the period. Empty: not reported or not measurable.",
        (
            _SERVER,
            field("direction", "direction"),
            field("result", "result"),
            field("sessions", "sessions"),
            field("pages", "pages"),
            field("bad lines", "bad_lines"),
            field("seconds", "seconds"),
        ),
    ),
    Section(
        "coverage",
        "Coverage",
        "The share of the period since a server's first poll during which its list of faxes was polled without a gap.",
        (
            _SERVER,
            field("from", "from_at"),
            field("to", "to_at"),
            field("seconds", "seconds"),
            field("without a poll", "seconds_without_poll"),
            field("gaps", "gaps"),
            _percent("covered", "share_covered"),
        ),
    ),
    Section(
        "gaps",
        "Gaps",
        "Each interval without a successful poll: the reasons, the known sessions that overlap it, and the faxes that"
        " only the server's own counters show.",
        (
            _SERVER,
            field("from", "began_at"),
            field("to", "ended_at"),
            field("seconds", "seconds"),
            field("sessions", "sessions"),
            field("missed", "missed_faxes"),
            field("reasons", "reasons"),
            field("details", "messages"),
        ),
    ),
    Section(
        "reconciliation",
        "Reconciliation",
        "The server's own counters beside the sessions on record. Missed: counted by the server and not on record.",
        (
            _SERVER,
            field("from", "from_at"),
            field("to", "to_at"),
            field("restarts", "restarts"),
            field("attempts", "attempts"),
            field("seen", "attempts_seen"),
            field("missed", "attempts_missed"),
            field("completed", "completed"),
            field("seen", "completed_seen"),
            field("failed", "failed"),
            field("seen", "failed_seen"),
            field("observer", "collector_id"),
        ),
    ),
    Section(
        "rejected",
        "Rejected messages",
        "Messages that could not be understood; fax.rejected_messages has each one complete.",
        (
            _SERVER,
            field("messages", "messages"),
            field("first", "first_at"),
            field("last", "last_at"),
            field("reason", "reason"),
        ),
    ),
    Section(
        "dropped",
        "Dropped records",
        "Records that were received and then dropped for lack of space; the time of each loss counts as a gap.",
        (
            _SERVER,
            field("records", "records"),
            field("from", "from_at"),
            field("to", "to_at"),
            field("reason", "reason"),
        ),
    ),
    Section(
        "corrections",
        "Billing corrections",
        "Faxes whose figures changed after they were exported for billing, so that a correction was exported.",
        (
            field("consumer", "consumer"),
            _SERVER,
            field("sessions", "sessions"),
            field("corrections", "corrections"),
            field("first", "first_at"),
            field("last", "last_at"),
        ),
    ),
    Section(
        "log",
        "Proof",
        "The history rows of these faxes, and how many of them no checkpoint of the log covers yet.",
        (
            field("rows", "rows"),
            field("first position", "first_position"),
            field("last position", "last_position"),
            field("without a checkpoint", "rows_without_checkpoint"),
        ),
    ),
    Section(
        "checkpoints",
        "Checkpoints",
        "The checkpoints made in the period, and the newest one. Compare them with the published ones.",
        (field("size", "size"), field("made", "made_at"), field("root", "root")),
    ),
    Section(
        "unknown",
        "Unknown",
        "What this report cannot state about the faxes that began in the period.",
        (_SERVER, _exact("number", "number"), field("what", "what")),
    ),
)
"""The sections, in the order of the report."""
