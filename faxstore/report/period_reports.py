"""The reports about a period: the query of each, the columns of its rows, and what its table draws.

The query is a file of faxstore/sql/queries.  Its parameters are the bounds of the period, its time zone, the servers
and, if its rows are buckets of time, the bucket.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter

from faxstore.report.columns import Column, fields

REPORTED = "reported"
"""The column with the faxes that other systems reported; a table has it only if there are some."""

BUCKET = "bucket_start timestamptz, bucket_end timestamptz, label text"


@dataclass(frozen=True)
class Report:
    """A report about a period."""

    query: str
    """Its file in faxstore/sql, without `.sql`."""
    types: str
    """The columns of a row, with their types: `name type, name type`."""
    order: tuple[str, ...]
    """The columns that its rows are sorted by."""
    columns: tuple[Column, ...]
    """The columns of its table."""
    drawn: str
    """The column that has bars in a table on a terminal."""
    full: int | None = None
    """What the longest bar stands for; None for the highest figure of the table."""
    is_of_faxes: bool = True
    """Whether it counts faxes, so that it lacks those of deleted months."""

    @property
    def is_by_time(self) -> bool:
        """Whether its rows are buckets of time, one after the other."""
        return self.types.startswith(BUCKET)


def _by_time(query: str, types: str, drawn: str, *columns: str | tuple[str, str]) -> Report:
    """A report whose rows are buckets of time."""
    every = enumerate(fields(("from", "label"), *columns))
    shown = (each._replace(rank=1 if each.title == REPORTED else place) for place, each in every)
    return Report(query, f"{BUCKET}, {types}", ("bucket_start",), tuple(shown), drawn)


USAGE = _by_time(
    "queries/report/usage",
    "sessions bigint, sent bigint, received bigint, pages bigint, pages_sent bigint, pages_received bigint,"
    " pages_gateway bigint, bad_lines bigint, seconds numeric, successes bigint, failures bigint, unknown_ends bigint,"
    " reported bigint",
    "pages",
    *(("faxes", "sessions"), "sent", "received", "pages", "bad_lines"),
    *("successes", "failures", ("unknown", "unknown_ends"), REPORTED),
)

QUALITY = _by_time(
    "queries/report/quality",
    "sessions bigint, pages bigint, measurable_pages bigint, error_free_page_rate numeric, bad_lines bigint,"
    " bad_line_ratio_estimated numeric, resent_pages bigint, seconds_per_page numeric, rate_falls bigint",
    "bad_line_ratio_estimated",
    *(("faxes", "sessions"), "pages", ("measurable", "measurable_pages"), "bad_lines", ("resent", "resent_pages")),
    *(("s/page", "seconds_per_page"), "rate_falls"),
)

CONCURRENCY = _by_time("queries/report/concurrency", "peak bigint, mean numeric", "peak", "peak", "mean")

JOBS = _by_time(
    "queries/report/jobs",
    "jobs bigint, attempts bigint, at_first_attempt bigint, at_later_attempt bigint, failed bigint, unknown bigint,"
    " pages bigint, reported bigint",
    "jobs",
    *(
        "jobs",
        "attempts",
        ("at once", "at_first_attempt"),
        ("later", "at_later_attempt"),
        "failed",
        "unknown",
        "pages",
        REPORTED,
    ),
)

FAILURES = Report(
    "queries/report/failures",
    "place bigint, result_class text, sessions bigint, after_a_page bigint, share numeric, last_started_at timestamptz",
    ("place",),
    (
        Column("class", lambda row: row["result_class"] or "no result", ("result_class",)),
        *fields(("faxes", "sessions"), "after_a_page", ("last (UTC)", "last_started_at")),
    ),
    "sessions",
)

PEERS = Report(
    "queries/report/peers",
    "place bigint, peer text, transport text, error_correction_mode boolean, sessions bigint, pages bigint,"
    " measurable_pages bigint, error_free_page_rate numeric, bad_lines bigint, bad_line_ratio_estimated numeric,"
    " resent_pages bigint, seconds_per_page numeric, rate_falls bigint, rate_fall_rate numeric, cut_off_rate numeric,"
    " not_measurable_rate numeric, successes bigint, failures bigint, unknown_ends bigint",
    ("place",),
    fields(
        *("peer", "transport", ("ECM", "error_correction_mode"), ("faxes", "sessions"), "pages", "bad_lines"),
        *(("s/page", "seconds_per_page"), "rate_falls", "failures"),
    ),
    "sessions",
)

COVERAGE = Report(
    "queries/audit/coverage",
    "server text, from_at timestamptz, to_at timestamptz, seconds numeric, seconds_without_poll numeric, gaps bigint,"
    " share_covered numeric",
    ("server",),
    tuple(
        Column(title, itemgetter(name), (name,), rank)
        for title, name, rank in (
            ("server", "server", 0),
            ("from (UTC)", "from_at", 4),
            ("to (UTC)", "to_at", 5),
            ("gaps", "gaps", 2),
            ("not observed, s", "seconds_without_poll", 3),
        )
    ),
    "share_covered",
    full=1,
    is_of_faxes=False,
)

REPORTS = {
    "usage": USAGE,
    "quality": QUALITY,
    "failures": FAILURES,
    "peers": PEERS,
    "concurrency": CONCURRENCY,
    "coverage": COVERAGE,
    "jobs": JOBS,
}
"""Each report, by the name of its command."""
