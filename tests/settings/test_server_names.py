"""A server's name fits the settings, the command line and the name of a folder."""

from __future__ import annotations

import pytest

from faxstore.settings.server_names import MAX_FOLDER, folder_name, name_problem


@pytest.mark.parametrize(
    "name",
    ["pbx1", "a b", "x" * 100, "\u00fc" * 100, "\u65e5" * 82, "\U0001f4e0" * 62, "/" * 82, "..", "="],
)
def test_names_that_fit(name: str) -> None:
    assert name_problem(name) is None
    assert len(folder_name(name).encode()) <= MAX_FOLDER


@pytest.mark.parametrize("name", ["", " a", "a ", "a\tb", "a\nb", "a\u202eb", "a\udcffb", "\u00a0", "x" * 101])
def test_names_that_are_not_one_line_of_text(name: str) -> None:
    assert str(name_problem(name)).startswith("must be printable text of 1 to 100 characters, not ")


@pytest.mark.parametrize("name", ["\u65e5" * 83, "\U0001f4e0" * 63, "/" * 83])
def test_names_that_no_folder_can_have(name: str) -> None:
    problem = str(name_problem(name))
    assert "is too long: its Parquet folder needs 25" in problem
    assert "\n" not in problem


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("pbx-1", "server=pbx-1"),
        ("a/b %=", "server=a%2Fb%20%25%3D"),
        ("Z\u00fcrich \u65e5", "server=Z\u00fcrich%20\u65e5"),
        ("__HIVE_DEFAULT_PARTITION__", "server=%5F_HIVE_DEFAULT_PARTITION__"),
    ],
)
def test_the_folder_of_a_server(name: str, folder: str) -> None:
    assert folder_name(name) == folder
