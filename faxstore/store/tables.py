"""Tables and views as SQLAlchemy objects, for queries that are composed from options.

The .sql files define the schema; a test compares these columns and types with it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

METADATA = MetaData(schema="fax")

MOMENT = DateTime(timezone=True)
_SNAPSHOT: dict[str, Any] = {
    "data_rate": Integer,
    "x_resolution": Integer,
    "y_resolution": Integer,
    "page_number": Integer,
    "pages_transmitted": Integer,
    "pages_received": Integer,
    "total_bad_lines": Integer,
    "error_correction_mode": Boolean,
    "event": Text,
    "operation": Text,
    "state": Text,
    "session_type": Text,
}


def _table(name: str, **types: Any) -> Table:
    return Table(name, METADATA, *[Column(column, kind) for column, kind in types.items()])


epoch = _table(
    "epoch",
    epoch_id=Uuid,
    server=Text,
    started_at=MOMENT,
    startup_text=Text,
    reloaded_at=MOMENT,
    reload_ordinal=Integer,
    first_seen_at=MOMENT,
    last_seen_at=MOMENT,
)
session = _table(
    "session",
    session_id=Uuid,
    started_at=MOMENT,
    session_number=BigInteger,
    epoch_id=Uuid,
    is_open=Boolean,
    server=Text,
    operation=Text,
    channel=Text,
    uniqueid=Text,
    technology=Text,
)
session_history = _table(
    "session_history",
    session_id=Uuid,
    started_at=MOMENT,
    observed_at=MOMENT,
    position=BigInteger,
    **_SNAPSHOT,
    collector_id=Text,
    file_name=Text,
    details=JSONB,
)
append_batch = _table(
    "append_batch",
    first_position=BigInteger,
    last_position=BigInteger,
    rows=BigInteger,
    appended_at=MOMENT,
    collector_id=Text,
)
server_history = _table("server_history", server=Text, observed_at=MOMENT, event=Text, collector_id=Text, details=JSONB)
rejected_message = _table(
    "rejected_message",
    server=Text,
    observed_at=MOMENT,
    digest=LargeBinary,
    collector_id=Text,
    reason=Text,
    raw=LargeBinary,
)

sessions = _table(
    "sessions",
    session_id=Uuid,
    server=Text,
    epoch_id=Uuid,
    session_number=BigInteger,
    operation=Text,
    direction=Text,
    channel=Text,
    uniqueid=Text,
    linkedid=Text,
    account_code=Text,
    caller_number=Text,
    called_number=Text,
    local_station_id=Text,
    remote_station_id=Text,
    transport=Text,
    file_names=ARRAY(Text),
    started_at=MOMENT,
    ended_at=MOMENT,
    duration_seconds=Numeric,
    end_observed_by=Text,
    state=Text,
    pages=Integer,
    pages_observed=Integer,
    bad_lines=BigInteger,
    bad_lines_discarded=BigInteger,
    bad_lines_measurable=Boolean,
    worst_page_bad_lines=Integer,
    error_correction_mode=Boolean,
    first_data_rate=Integer,
    last_data_rate=Integer,
    lowest_data_rate=Integer,
    rate_falls=BigInteger,
    x_resolution=Integer,
    y_resolution=Integer,
    resolution=Text,
    result=Text,
    result_class=Text,
    result_text=Text,
    snapshots=BigInteger,
    first_position=BigInteger,
    last_position=BigInteger,
    ended_not_before=MOMENT,
    ended_not_after=MOMENT,
    poll_gap_seconds=Numeric,
    bad_lines_lower_bound=Boolean,
    overlaps_gap=Boolean,
    fax_session_id=Uuid,
    result_error=Text,
)
session_pages = _table(
    "session_pages",
    session_id=Uuid,
    server=Text,
    started_at=MOMENT,
    page=Integer,
    page_started_at=MOMENT,
    page_ended_at=MOMENT,
    seconds=Numeric,
    attempts=BigInteger,
    bad_lines=Integer,
    bad_lines_discarded=BigInteger,
    data_rate=Integer,
    resolution=Text,
    quality=Text,
    lines_estimated=Integer,
    bad_line_ratio_estimated=Numeric,
    poll_gap_seconds=Numeric,
)
session_timeline = _table(
    "session_timeline",
    session_id=Uuid,
    started_at=MOMENT,
    observed_at=MOMENT,
    seconds_since_change=Numeric,
    event=Text,
    changes=ARRAY(Text),
    note=Text,
    state=Text,
    page_number=Integer,
    pages=Integer,
    pages_delta=BigInteger,
    bad_lines=Integer,
    bad_lines_delta=BigInteger,
    data_rate=Integer,
    error_correction_mode=Boolean,
    resolution=Text,
    transport=Text,
    collector_id=Text,
    position=BigInteger,
)
