"""The sections of the audit report: the meaning, the query and the table columns of each.

A new section is an entry of SECTIONS and a query of its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from faxstore.report.formats import Row
from faxstore.report.tables import Column, named


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


_SERVER = named("server", "server")

SECTIONS = (
    Section(
        "servers",
        "Servers",
        "The servers of this report: their first rows and polls on record, and their starts in the period.",
        (
            _SERVER,
            named("first on record", "first_observed_at"),
            named("first poll", "first_polled_at"),
            named("last poll before the end", "last_polled_at"),
            named("starts", "starts"),
        ),
    ),
    Section(
        "seen",
        "Faxes seen",
        "The faxes that began in the period. Empty: not reported or not measurable.",
        (
            _SERVER,
            named("direction", "direction"),
            named("result", "result"),
            named("sessions", "sessions"),
            named("pages", "pages"),
            named("bad lines", "bad_lines"),
            named("seconds", "seconds"),
        ),
    ),
    Section(
        "coverage",
        "Coverage",
        "The share of the period since a server's first poll during which its list of faxes was polled without a gap.",
        (
            _SERVER,
            named("from", "from_at"),
            named("to", "to_at"),
            named("seconds", "seconds"),
            named("without a poll", "seconds_without_poll"),
            named("gaps", "gaps"),
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
            named("from", "began_at"),
            named("to", "ended_at"),
            named("seconds", "seconds"),
            named("sessions", "sessions"),
            named("missed", "missed_faxes"),
            named("reasons", "reasons"),
            named("details", "messages"),
        ),
    ),
    Section(
        "reconciliation",
        "Reconciliation",
        "The server's own counters beside the sessions on record. Missed: counted by the server and not on record.",
        (
            _SERVER,
            named("from", "from_at"),
            named("to", "to_at"),
            named("restarts", "restarts"),
            named("attempts", "attempts"),
            named("seen", "attempts_seen"),
            named("missed", "attempts_missed"),
            named("completed", "completed"),
            named("seen", "completed_seen"),
            named("failed", "failed"),
            named("seen", "failed_seen"),
            named("observer", "collector_id"),
        ),
    ),
    Section(
        "rejected",
        "Rejected messages",
        "Messages that could not be understood; fax.rejected_messages has each one complete.",
        (
            _SERVER,
            named("messages", "messages"),
            named("first", "first_at"),
            named("last", "last_at"),
            named("reason", "reason"),
        ),
    ),
    Section(
        "dropped",
        "Dropped records",
        "Records that were received and then dropped for lack of space; the time of each loss counts as a gap.",
        (
            _SERVER,
            named("records", "records"),
            named("from", "from_at"),
            named("to", "to_at"),
            named("reason", "reason"),
        ),
    ),
    Section(
        "corrections",
        "Billing corrections",
        "Faxes whose figures changed after they were exported for billing, so that a correction was exported.",
        (
            named("consumer", "consumer"),
            _SERVER,
            named("sessions", "sessions"),
            named("corrections", "corrections"),
            named("first", "first_at"),
            named("last", "last_at"),
        ),
    ),
    Section(
        "log",
        "Proof",
        "The history rows of these faxes, and how many of them no checkpoint of the log covers yet.",
        (
            named("rows", "rows"),
            named("first position", "first_position"),
            named("last position", "last_position"),
            named("without a checkpoint", "rows_without_checkpoint"),
        ),
    ),
    Section(
        "checkpoints",
        "Checkpoints",
        "The checkpoints made in the period, and the newest one. Compare them with the published ones.",
        (named("size", "size"), named("made", "made_at"), named("root", "root")),
    ),
    Section(
        "unknown",
        "Unknown",
        "What this report cannot state about the faxes that began in the period.",
        (_SERVER, _exact("number", "number"), named("what", "what")),
    ),
)
"""The sections, in the order of the report."""
