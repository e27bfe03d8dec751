"""The sections of the audit report: the meaning, the query and the table columns of each.

A new section is an entry of SECTIONS and a query of its name.
"""

from __future__ import annotations

from dataclasses import dataclass

from faxstore.report.columns import Column, fields, last_text
from faxstore.report.formats import Row


@dataclass(frozen=True)
class Section:
    """One section of the report; its query is faxstore/sql/queries/audit/<name>.sql."""

    name: str
    title: str
    meaning: str
    columns: tuple[Column, ...]


def _share_covered(row: Row) -> str | None:
    share = row["share_covered"]
    return None if share is None else f"{share * 100:.4f} %"


SECTIONS = (
    Section(
        "servers", "Servers",
        "The servers of this report: their first rows and polls on record, and their starts in the period.",
        fields(
            "server", ("first on record", "first_observed_at"), ("first poll", "first_polled_at"),
            ("last poll before the end", "last_polled_at"), "starts",
        ),
    ),
    Section(
        "seen", "Faxes seen",
        "The faxes that began in the period. Empty: not reported or not measurable.",
        fields("server", "direction", "result", "sessions", "pages", "bad_lines", "seconds"),
    ),
    Section(
        "coverage", "Coverage",
        "The share of the period since a server's first poll during which its list of faxes was polled without a gap.",
        (
            *fields("server", ("from", "from_at"), ("to", "to_at"), "seconds"),
            *fields(("without a poll", "seconds_without_poll"), "gaps"),
            Column("covered", _share_covered),
        ),
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
        "The server's own counters beside the sessions on record. Missed: counted by the server and not on record.",
        fields(
            "server", ("from", "from_at"), ("to", "to_at"), "restarts", "attempts", ("seen", "attempts_seen"),
            ("missed", "attempts_missed"), "completed", ("seen", "completed_seen"), "failed", ("seen", "failed_seen"),
            ("observer", "collector_id"),
        ),
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
        fields("size", ("made", "made_at"), "root"),
    ),
    Section(
        "unknown", "Unknown",
        "What this report cannot state about the faxes that began in the period. Faxes that never enter res_fax"
        " (T.38 passed through, HylaFAX) are in no figure.",
        (*fields("server", "number"), last_text("what")),
    ),
)  # fmt: skip
"""The sections, in the order of the report."""
