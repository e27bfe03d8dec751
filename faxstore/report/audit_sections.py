"""The sections of the auditor's report: what each means, the query that fills it, and how it looks as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from faxstore.report.formats import Row
from faxstore.report.tables import Column, named


@dataclass(frozen=True)
class Section:
    """One part of the report; its query is faxstore/sql/queries/audit/<name>.sql."""

    name: str
    title: str
    meaning: str
    columns: tuple[Column, ...]


def _exact(title: str, name: str) -> Column:
    """A number with all its digits."""
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
        "The servers of this report, what is on record of each at all, and its starts in the period.",
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
        "What was seen",
        "The faxes that began in the period, by the views; empty: told of none, or not measurable.",
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
        "The share of the time, from a server's first poll on, in which its list of faxes was read without a gap.",
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
        "Each interval without a good poll: why, the known sessions in it, and the faxes that the server counted and"
        " nobody saw.",
        (
            _SERVER,
            named("from", "began_at"),
            named("to", "ended_at"),
            named("seconds", "seconds"),
            named("sessions", "sessions"),
            named("missed", "missed_faxes"),
            named("reasons", "reasons"),
            named("what was told", "told"),
        ),
    ),
    Section(
        "reconciliation",
        "Reconciliation",
        "The server's own counters beside the sessions that are on record; missed: counted by the server and not seen.",
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
        "Messages of the servers that could not be understood; each is kept whole in fax.rejected_messages.",
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
        "Records that were read and lost for want of room; the time in which that was counts as a gap.",
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
        "Corrections handed out",
        "Faxes whose figures changed after they were exported for billing, and went out again as corrections.",
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
        "The rows of the history about these faxes, and how many of them no checkpoint of the log covers yet.",
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
        "The checkpoints made in the period, and the newest: compare them with those that were published.",
        (named("size", "size"), named("made", "made_at"), named("root", "root")),
    ),
    Section(
        "unknown",
        "What could not be known",
        "What this report cannot vouch for, of the faxes that began in the period.",
        (_SERVER, _exact("number", "number"), named("what", "what")),
    ),
)
"""In the order of the report."""
