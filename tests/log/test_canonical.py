"""Python, SQL and the COPY that is hashed produce the same canonical bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from faxstore.log import canonical, tree
from faxstore.log.leaves import entries, leaf_hashes
from faxstore.store.database import connect
from tests.kit import log_entries
from tests.kit.given import read
from tests.kit.log_faxes import a_history

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
headers = st.sampled_from(
    ("Status", "CallerIDNum", "Variable", "Value", "ChanVariable", "FileName", "Uniqueid", "", "é", "zz", "Zz")
)
values = texts | st.sampled_from(
    ("FAXSTATUS", "FAXSTATUS=OK", "FAXSTATUSX=1", "REMOTESTATIONID=1", "FAXERROR", '\x01\x7f\t\n"\\')
)
details = st.none() | st.dictionaries(headers | texts, values | st.lists(values, max_size=4), max_size=6)
numbers = st.none() | st.integers(-(2**31), 2**31 - 1)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
rows = st.fixed_dictionaries(
    {
        "position": st.integers(1, 2**62),
        "session_id": st.uuids(),
        "server": texts,
        "epoch_id": st.uuids(),
        "session_number": st.none() | st.integers(0, 2**32),
        "started_at": moments,
        "observed_at": moments,
        "collector_id": texts,
        "event": texts,
        **dict.fromkeys(("operation", "state", "session_type", "file_name"), st.none() | texts),
        "error_correction_mode": st.none() | st.booleans(),
        **dict.fromkeys(
            ("data_rate", "x_resolution", "y_resolution", "page_number", "pages_transmitted", "pages_received"), numbers
        ),
        "total_bad_lines": numbers,
        "details": details,
    }
)

BY_SQL = """
select fax.log_entry(
    %(position)s::bigint, %(session_id)s::uuid, %(server)s::text, %(epoch_id)s::uuid, %(session_number)s::bigint,
    %(started_at)s::timestamptz, %(observed_at)s::timestamptz, %(collector_id)s::text, %(event)s::text,
    %(operation)s::text, %(state)s::text, %(session_type)s::text, %(error_correction_mode)s::boolean,
    %(data_rate)s::integer, %(x_resolution)s::integer, %(y_resolution)s::integer, %(page_number)s::integer,
    %(pages_transmitted)s::integer, %(pages_received)s::integer, %(total_bad_lines)s::integer,
    fax.plain_details(%(details)s::jsonb),
    fax.personal_digest(%(salt)s, 'file_name', %(file_name)s::text),
    fax.personal_digest(%(salt)s, 'details', case when fax.plain_details(%(details)s::jsonb) <> %(details)s::jsonb
                                                  then (%(details)s::jsonb)::text end))
"""
patient = settings(
    max_examples=60,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@patient
@given(row=rows, salt=st.binary(min_size=32, max_size=32))
def test_python_and_sql_make_the_same_bytes(database: psycopg.Connection, row: dict[str, Any], salt: bytes) -> None:
    asked = row | {"salt": salt, "details": None if row["details"] is None else Jsonb(row["details"])}
    found = database.execute(BY_SQL, asked).fetchone()
    assert found is not None
    assert log_entries.encode_entry(row, salt) == bytes(found[0])


@patient
@given(row=rows, salt=st.binary(min_size=32, max_size=32))
def test_decoding_returns_the_row(row: dict[str, Any], salt: bytes) -> None:
    data = log_entries.encode_entry(row, salt)
    found = canonical.decode_entry(data)
    assert {name: found[name] for name in found if name in row} == {name: row[name] for name in found if name in row}
    for broken in (data[:-1], data + b"\0", b"\2" + data[1:]):
        with pytest.raises(ValueError, match=r"not an entry|cut off"):
            canonical.decode_entry(broken)


@patient
@given(sent=details)
def test_python_and_sql_agree_on_plain_details(database: psycopg.Connection, sent: Any) -> None:
    found = database.execute(
        "select d::text, fax.plain_details(d)::text, fax.plain_details(fax.plain_details(d)) = fax.plain_details(d)"
        " from (select %s::jsonb) x (d)",
        [None if sent is None else Jsonb(sent)],
    ).fetchone()
    plain = None if sent is None else log_entries.jsonb_text(log_entries.plain_details(sent))
    text = None if sent is None else log_entries.jsonb_text(sent)
    assert found == (text, plain, None if sent is None else True)


def test_python_and_sql_have_the_same_plain_names(database: psycopg.Connection) -> None:
    found = database.execute("select fax.plain_headers(), fax.plain_variables()").fetchone()
    assert found is not None
    assert (frozenset(found[0]), frozenset(found[1])) == (log_entries.PLAIN_HEADERS, log_entries.PLAIN_VARIABLES)


def test_json_other_than_objects_is_plain(database: psycopg.Connection) -> None:
    for text in ("[1]", "3", '"x"', "null", "{}"):
        row = database.execute("select fax.plain_details(%s::jsonb)::text", [text]).fetchone()
        assert row == (text,)


@pytest.mark.parametrize(
    ("sent", "plain"),
    [
        ({"CallerIDNum": "5550100", "Status": "OK"}, {"Status": "OK"}),
        ({"Variable": "FAXSTATUS", "Value": "SUCCESS"}, {"Variable": "FAXSTATUS", "Value": "SUCCESS"}),
        ({"Variable": "REMOTESTATIONID", "Value": "+1 555 0100"}, {"Variable": "REMOTESTATIONID"}),
        ({"ChanVariable": ["FAXSTATUS=OK", "LOCALSTATIONID=1"]}, {"ChanVariable": ["FAXSTATUS=OK"]}),
        ({"ChanVariable": "FAXERROR="}, {"ChanVariable": "FAXERROR="}),
        ({"ChanVariable": "NAME=Ada"}, {}),
        ({"A header of tomorrow": "1"}, {}),
    ],
)
def test_plain_details(sent: Any, plain: Any) -> None:
    assert log_entries.plain_details(sent) == plain


def test_copied_rows_equal_encoded_rows(dsn: str, database: psycopg.Connection) -> None:
    """For all kinds of rows in all partitions, with settings of the session that change the text of values."""
    a_history(database, 8)
    database.execute("insert into fax.session_salt (session_id) select session_id from fax.session")
    with connect(dsn) as connection:
        connection.execute("set timezone = 'Asia/Tokyo'; set datestyle = 'German'; set bytea_output = 'escape'")
        hashes = leaf_hashes(connection, 1, 10_000)
        copied = dict(entries(connection, 1, 10_000))
    found = read(database, "select position, session_id, entry, leaf from fax.log_leaves order by position")
    assert len(found) > 100
    assert [bytes(row["leaf"]) for row in found] == hashes == [tree.leaf_hash(copied[n + 1]) for n in range(len(found))]
    assert {row["position"]: bytes(row["entry"]) for row in found} == copied
    kept = read(
        database,
        "select h.*, s.server, s.epoch_id, s.session_number, k.salt from fax.session_history h"
        " join fax.session s using (session_id) join fax.session_salt k using (session_id)",
    )
    assert {row["position"]: log_entries.encode_entry(row, bytes(row["salt"])) for row in kept} == copied


def test_the_form_of_a_leaf_is_frozen() -> None:
    """Every published proof depends on the form."""
    row = {
        "position": 1,
        "session_id": UUID("5f1c7a52-9c0e-5d5b-8a53-0d2f6a1b9c11"),
        "server": "pbx1",
        "epoch_id": UUID("5b1f6f0e-8a55-5d0c-9a53-0d1f6a7c4a11"),
        "session_number": 7,
        "started_at": datetime(2026, 11, 2, 8, tzinfo=UTC),
        "observed_at": datetime(2026, 11, 2, 8, tzinfo=UTC) + timedelta(microseconds=1),
        "collector_id": "one",
        "event": "FAXSession",
        "operation": "receive",
        "state": "Active",
        "session_type": "G.711",
        "error_correction_mode": False,
        "data_rate": 9600,
        "x_resolution": 8031,
        "y_resolution": 3850,
        "page_number": 1,
        "pages_transmitted": None,
        "pages_received": 0,
        "total_bad_lines": 3,
        "file_name": "/fax/1.tif",
        "details": {"Status": "é", "CallerIDNum": "5550100"},
    }
    data = log_entries.encode_entry(row, bytes(32))
    assert json.loads(canonical.decode_entry(data)["plain_details"]) == {"Status": "é"}
    assert tree.leaf_hash(data).hex() == "bde07add19c86e6bfefaf9e45f7224c332c73921af4756dacf0787020614084b"
