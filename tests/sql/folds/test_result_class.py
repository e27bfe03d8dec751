"""fax.result_class: what `fax show stats` counts a fax as, from the texts that are on the wire.

The texts are those of spandsp (t30_logging.c, t30_completion_code_to_str), their classes those of Asterisk
(res_fax_spandsp.c, update_stats).
"""

from __future__ import annotations

import psycopg
import pytest

CLASSES = {
    "failed_to_train": [
        "The CED tone exceeded 5s",
        "Timed out waiting for initial communication",
        "Timed out waiting for the first message",
        "Timed out waiting for procedural interrupt",
        "The HDLC carrier did not stop in a timely manner",
        "Failed to train with any of the compatible modems",
    ],
    "neg_failed": [
        "Operator intervention failed",
        "Far end is not compatible",
        "Far end is not able to receive",
        "Far end is not able to transmit",
        "Far end cannot receive at the resolution of the image",
        "Far end cannot receive at the size of image",
        "Poll not accepted",
        "Ident not accepted",
        "Polled sub-address not accepted",
        "Selective polling address not accepted",
        "Sender identification not accepted",
        "Password not accepted",
        "Sub-address not accepted",
        "Transmitting subscriber internet address not accepted",
        "Internet routing address not accepted",
        "Calling subscriber internet address not accepted",
        "Internet selective polling address not accepted",
        "Called subscriber internet address not accepted",
    ],
    "protocol_error": ["Unexpected message received"],
    "tx_protocol_error": [
        "Received bad response to DCS or training",
        "Received a DCN from remote after sending a page",
        "Invalid ECM response received from receiver",
        "Received a DCN while waiting for a DIS",
        "Invalid response after sending a page",
        "Received other than DIS while waiting for DIS",
        "Received no response to DCS or TCF",
        "No response after sending a page",
        "Timed out waiting for receiver ready (ECM mode)",
    ],
    "rx_protocol_error": [
        "Invalid ECM response received from transmitter",
        "DCS received while waiting for DTC",
        "Unexpected command after page received",
        "Carrier lost during fax receive",
        "Timed out while waiting for EOL (end Of line)",
        "Timer T2 expired while waiting for DCN",
        "Timer T2 expired while waiting for phase D",
        "Timer T2 expired while waiting for fax page",
        "Timer T2 expired while waiting for next fax page",
        "Timer T2 expired while waiting for RR command",
        "Timer T2 expired while waiting for NSS, DCS or MCF",
        "Unexpected DCN while waiting for DCS or DIS",
        "Unexpected DCN while waiting for image data",
        "Unexpected DCN while waiting for EOM, EOP or MPS",
        "Unexpected DCN after EOM or MPS sequence",
        "Unexpected DCN after RR/RNR sequence",
        "Unexpected DCN after requested retransmission",
    ],
    "nofax": ["Timed out while waiting for first line"],
    "file_error": [
        "TIFF/F file cannot be opened",
        "TIFF/F page not found",
        "TIFF/F format is not compatible",
        "TIFF/F page number tag missing",
        "Incorrect values for TIFF/F tags",
        "Bad TIFF/F header - incorrect values in fields",
    ],
    "mem_error": ["Cannot allocate memory for more pages"],
    "retries_exceeded": ["Disconnected after permitted retries"],
    "call_dropped": ["The call dropped prematurely"],
    "unknown_error": ["???", "words of another fax engine"],
}


def result_class(database: psycopg.Connection, *given: str | None) -> str | None:
    (row,) = database.execute("select fax.result_class(%s, %s, %s)", given)
    return None if row[0] is None else str(row[0])


@pytest.mark.parametrize("expected", CLASSES)
def test_a_text_of_spandsp_has_the_class_that_asterisk_counts(database: psycopg.Connection, expected: str) -> None:
    """Without T.38 and ECM, FAXERROR has the text too."""
    texts = CLASSES[expected]
    assert {text: result_class(database, "FAILED", text, text) for text in texts} == dict.fromkeys(texts, expected)


@pytest.mark.parametrize(
    ("error", "text", "expected"),
    [
        ("HANGUP", "remote channel hungup", "call_dropped"),
        ("HANGUP", "", "call_dropped"),
        ("HANGUP", "The call dropped prematurely", "call_dropped"),
        ("INIT_ERROR", "incompatible 'modems' and 'maxrate' settings", "neg_failed"),
        ("T38_NEG_ERROR", "", "neg_failed"),
        ("FILE_ERROR", "error reading file", "file_error"),
        ("MEMORY_ERROR", "", "mem_error"),
        ("", "", "unknown_error"),
    ],
)
def test_failures_that_asterisk_itself_reports(
    database: psycopg.Connection, error: str, text: str, expected: str
) -> None:
    assert result_class(database, "FAILED", error, text) == expected


def test_success_is_success_with_any_error(database: psycopg.Connection) -> None:
    assert result_class(database, "SUCCESS", "HANGUP", "OK") == "success"


def test_no_result_has_no_class(database: psycopg.Connection) -> None:
    assert result_class(database, None, "HANGUP", "OK") is None
