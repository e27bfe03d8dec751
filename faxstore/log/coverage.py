"""What the log covers of each table and column of the schema ``fax``, and why it does not cover the others.

The history's rows are the leaves of the tree.  What else figures depend on is in records (fax.log_record): each change
of a row of a reference table, and digests of runs of rows of tables that only grow.  Nothing that an erasure may remove
is in a record.  A test compares this list with the schema, so a new column must be classified here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Covered(Enum):
    """How the log covers a column."""

    LEAF = "leaf of the row"
    RECORD = "record of each change"
    DIGEST = "salted digest in the record of its row"
    RUN = "digest of a run of rows"
    NOTE = "the checkpoint itself"
    BATCH = "digest of its batch (fax.export_batch.digest)"


LEAF, RECORD, DIGEST, RUN, NOTE, BATCH = Covered

Column = Covered | str
"""How the log covers a column, or why it does not."""

_PERSONAL = "personal; an erasure removes it"
_TEXT = "free text of a person; an erasure may remove it"
_PROGRESS = "changes with each append; not history"
_TOTAL = "computed from the rows of its session, with which verify compares it"
_UNTOTALLED = "the sessions without a total, which verify compares"
_ROLLUP = "the sum of totals, with which verify compares it"
_REPEATED = "repeats what its rows contain; verify compares them"
_COMPARED = "computed from observations of servers and totals of sessions; verify computes it again"
_FILES = "names files and rows, which verify compares with the log"
_REPORTED = "reported by another system: faxstore did not observe it, and can prove nothing about it"
_QUEUE = "a queue of the appender or importer; no figure depends on it"


def _columns(names: str, how: Column) -> dict[str, Column]:
    return dict.fromkeys(names.split(), how)


@dataclass(frozen=True)
class Recorded:
    """A table whose changes are recorded row by row: see fax.make_recorded()."""

    key: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    only_grows: bool = True
    """Whether its rows never change; otherwise a change is legitimate, and on record."""


RECORDED: Mapping[str, Recorded] = {
    "epoch": Recorded(("epoch_id",), ("startup_text", "last_seen_at"), only_grows=False),
    "session": Recorded(
        ("session_id",), ("started_at", "session_number", "epoch_id", "is_open", "server", "channel"), only_grows=False
    ),
    "technology": Recorded(("technology",), only_grows=False),
    "quality_class": Recorded(("quality",), only_grows=False),
    "job_window": Recorded(("only_row",), only_grows=False),
    "rate": Recorded(("rate_id",), ("note",), only_grows=False),
    "rate_change": Recorded(("change_id",), ("rate",)),
    "erasure": Recorded(("erasure_id",), ("reason",)),
    "erased_key": Recorded(("session_id",), only_grows=False),
    "export_batch": Recorded(("consumer", "batch")),
    "export_delivery": Recorded(("consumer", "batch")),
    "month_change": Recorded(("change_id",)),
}
"""Tables by name, in the order in which verify reads them."""

RUNS: Mapping[str, str] = {
    "append_batch": "last_position",
    "server_history": "ordinal",
    "rejected_message": "ordinal",
}
"""Tables of which runs of rows are recorded, with the column of their order."""

COLUMNS: Mapping[str, Mapping[str, Column]] = {
    "alembic_version": _columns("version_num", "the revision of the schema, which verify compares"),
    "append_batch": _columns("last_position appended_at rows collector", RUN),
    "archive_file": _columns(
        "month server folder sha256 bytes rows sessions first_position last_position size is_outdated archived_at"
        " archived_by",
        _FILES,
    ),
    "collector": _columns("collector collector_id", LEAF),
    "checkpoint": _columns("size records root note made_at", NOTE),
    "coverage_day": _columns(
        "server day until covered", "computed from the history and observations of servers; verify computes it again"
    ),
    "compared_reading": _columns(
        "to_at from_at series transmit_attempts transmit_attempts_seen receive_attempts receive_attempts_seen"
        " attempts_missed completed completed_seen failed failed_seen restarted counts",
        _COMPARED,
    ),
    "dropped_leaf": _columns("position month leaf", LEAF),
    "dropped_month": _columns("month positions rows sessions dropped_at dropped_by deleted_at", _FILES),
    "dropped_session": _columns(
        "session_id started_at first_observed_at last_observed_at first_position last_position completed_at hung_up_at"
        " server is_stale moments",
        "repeats what the rows in a file contain; restoring compares them",
    ),
    "epoch": {
        **_columns(
            "epoch_id server started_at reloaded_at reload_ordinal first_seen_at known_after ended_before"
            " ended_sessions",
            RECORD,
        ),
        "startup_text": "identifies the epoch when it is first seen; an erasure may remove it",
        "last_seen_at": "changes with each append; no figure depends on it",
    },
    "erased_digest": _columns("session_id position file_name details", LEAF),
    "erased_key": _columns(
        "session_id job names_fax peer peer_is_station rate_ids files distinct_files fax_session_id", RECORD
    ),
    "erasure": {
        **_columns("erasure_id erased_at erased_by session_id server from_at to_at erased_rows", RECORD),
        "reason": _TEXT,
    },
    "export_batch": _columns(
        "consumer batch first_position last_position made_at lines corrections pages bad_lines seconds previous_pages"
        " previous_bad_lines previous_seconds first_started_at last_started_at first_ended_at last_ended_at format"
        " format_version sha256 digest schema_version checkpoint batch_before manifest restored_after position_before",
        RECORD,
    ),
    "export_delivery": _columns("consumer batch delivered_at", RECORD),
    "export_line": {
        **_columns(
            "consumer batch line session_id revision supersedes_batch supersedes_line changed server session_number"
            " direction account_code uniqueid linkedid started_at ended_at end_observed_by duration_seconds pages"
            " bad_lines transport last_data_rate result result_class bad_lines_lower_bound overlaps_gap snapshots"
            " first_position last_position previous_direction previous_account_code previous_ended_at"
            " previous_duration_seconds previous_pages previous_bad_lines previous_transport previous_result"
            " personal_digest digest",
            BATCH,
        ),
        **_columns("caller_number called_number local_station_id remote_station_id", BATCH),
        "supersedes": "the revision before, which verify compares",
        "salt": "random, of the digest of the personal values; an erasure removes it",
        "erased_at": "set by an erasure, which fax.erasure records",
    },
    "export_pending": _columns("session_id consumer started_at", _QUEUE),
    "job_window": _columns("hours only_row", RECORD),
    "lease": _columns("server holder taken_at renewed_at expires_at", "changes every few seconds; not history"),
    "log_record": _columns("ordinal relation row_key content changed_at changed_by", NOTE),
    "log_run": _columns("first_position rows marks", LEAF),
    "log_subtree": _columns("rows first_position root", LEAF),
    "month_change": _columns("change_id month change rule rows sessions changed_at changed_by", RECORD),
    "observation": _columns(
        "session_id started_at observed_at position data_rate x_resolution y_resolution page_number pages_transmitted"
        " pages_received total_bad_lines collector words error_correction_mode event operation state session_type"
        " file_name details",
        LEAF,
    ),
    "packed_account": _columns("account", "repeats what packed rows contain, for searches"),
    "pseudonym": _columns("pseudonym kind value", "personal; fax.erased_key has what an erasure leaves of it"),
    "quality_class": _columns("quality bad_line_ratio_below", RECORD),
    "rate": {
        **_columns(
            "rate_id account_code called_prefix direction server currency per_page first_seconds first_charge"
            " interval_seconds per_interval minimum_charge charge_partial charge_failed charge_unknown valid_from"
            " valid_to entered_at entered_by",
            RECORD,
        ),
        "note": _TEXT,
    },
    "rate_change": {
        **_columns("change_id rate_id change changed_at changed_by valid_to", RECORD),
        "rate": "the rate before, of which fax.log_record has a record of its own",
    },
    "reading_series": _columns("series server collector_id first_at", _COMPARED),
    "reconciliation_day": _columns("server day since", _COMPARED),
    "recording_part": _columns(
        "part_id server began_at ended_at longest_silence first_list line_digests reader_state", _QUEUE
    ),
    "rejected_message": {
        **_columns("server observed_at collector_id reason ordinal", RUN),
        **_columns("digest raw", _PERSONAL),
    },
    "reported_fax": _columns(
        "session_id started_at imported_at pages duration_seconds server source direction job account_code"
        " caller_number called_number local_station_id remote_station_id result result_text raw",
        _REPORTED,
    ),
    "server_history": {
        **_columns("server observed_at event collector_id ordinal", RUN),
        "details": RUN,
    },
    "session": {
        **_columns("started_at session_number epoch_id server", LEAF),
        **_columns("session_id is_fax operation uniqueid technology", RECORD),
        "is_open": "a hint for the appender; no figure depends on it",
        "channel": DIGEST,
    },
    "session_pack": {
        **_columns("session_id started_at rows", LEAF),
        **_columns(
            "first_observed_at last_observed_at first_position last_position completed_at hung_up_at row_count",
            _REPEATED,
        ),
    },
    "session_salt": _columns("session_id salt", LEAF),
    "session_total": _columns(
        "session_id epoch_id started_at session_number first_snapshot_at last_snapshot_at completed_at gone_at"
        " last_row_at last_shown_at first_position last_position bad_lines bad_lines_discarded lines_estimated"
        " snapshots pages pages_observed worst_page_bad_lines measurable_pages error_free_pages resent_pages"
        " timed_pages first_data_rate last_data_rate lowest_data_rate x_resolution y_resolution is_fax"
        " error_correction_mode bad_lines_measurable bad_lines_lower_bound counts_by_session start_observed server"
        " channel technology operation uniqueid state transport linkedid account_code caller_number called_number"
        " status error status_text local_station_id remote_station_id poll_gap_seconds page_seconds file_names"
        " observed_falls page_moments page_numbers page_attempts page_bad_lines page_discarded page_data_rates"
        " page_y_resolutions",
        _TOTAL,
    ),
    "session_untotalled": _columns("session_id started_at server", _UNTOTALLED),
    "spool_progress": _columns("spool_id collector_id appended last_keys appended_at", _PROGRESS),
    "technology": _columns("technology bad_lines_counted_by", RECORD),
    "unsealed_change": _columns(
        "change_id relation row_key content changed_at changed_by", "not sealed yet: the next checkpoint covers it"
    ),
    "usage_rollup": _columns(
        "span_start pages bad_lines sessions page_reports measurements durations after_a_page hours merged seconds"
        " server account_code direction result result_class",
        _ROLLUP,
    ),
    "waiting_record": _columns("server part_id ordinal body", _QUEUE),
}
"""How the log covers each column, or why it does not, by table."""


def not_covered() -> dict[str, dict[str, str]]:
    """Return the columns that the log does not cover, with the reason, by table."""
    found = {
        table: {column: how for column, how in columns.items() if isinstance(how, str)}
        for table, columns in COLUMNS.items()
    }
    return {table: columns for table, columns in found.items() if columns}
