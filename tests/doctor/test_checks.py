"""Every check of the doctor is in the CHECKS of its module, so that it runs."""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest

from faxstore.doctor import answer_checks, database, history_checks, machine


@pytest.mark.parametrize(
    ("module", "parameters"),
    [
        (answer_checks, {"facts": "ServerFacts"}),
        (history_checks, {"facts": "ServerFacts"}),
        (database, {"connection": "Connection"}),
        (machine, {"data_dir": "Path"}),
    ],
)
def test_checks_lists_every_check_of_a_module(module: ModuleType, parameters: dict[str, str]) -> None:
    expected = parameters | {"return": "Finding"}
    functions = [function for _, function in inspect.getmembers(module, inspect.isfunction)]
    checks = {
        one for one in functions if inspect.get_annotations(one) == expected and one.__module__ == module.__name__
    }
    assert set(module.CHECKS) == checks
