"""The examples of docs/reference/python.md, which Python runs as doctests."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "python.md"
DSN = "postgresql://reader@db/fax"


def test_the_examples_answer_as_written(recorded: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    examples = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    assert examples.count(DSN) == 1
    parsed = doctest.DocTestParser().get_doctest(examples.replace(DSN, recorded), {}, PAGE.name, str(PAGE), 0)
    outcome = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF).run(parsed)  # prints what differs
    assert outcome.failed == 0
    assert outcome.attempted > 10
