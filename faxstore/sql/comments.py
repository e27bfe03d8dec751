"""COMMENT statements from the comments beside the SQL, so that each fact is written once.

In ``create table``, ``alter table``, ``create view`` and ``create type``, a comment that follows two spaces at the end
of a line describes its column. The header of a function's file, without its grain and example, describes the function.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_RELATION = re.compile(r"^(?:create (?:unlogged )?|alter )(table|view|type) (fax\.\w+).*?;$", re.MULTILINE | re.DOTALL)
_COLUMN = {
    "table": re.compile(r"^ +(?:add )?(\w+) .*?  -- (.+)$", re.M),
    "type": re.compile(r"^ +(\w+) .*?  -- (.+)$", re.M),
    "view": re.compile(r"^ .*?(\w+),?  -- (.+)$", re.M),
}
_FUNCTION = re.compile(r"^create function (fax\.\w+)", re.MULTILINE)
_HEADER = re.compile(r"^-- (?!(?:example|grain): )(.+)\n", re.MULTILINE)


def with_comments(text: str) -> str:
    """The SQL of one object, followed by a COMMENT statement for each comment beside it."""
    return "\n".join([text, *_of_columns(text), *_of_function(text)])


def _of_columns(text: str) -> Iterator[str]:
    for relation in _RELATION.finditer(text):
        for column, comment in _COLUMN[relation[1]].findall(relation[0]):
            yield f"comment on column {relation[2]}.{column} is {_quoted(comment)};\n"


def _of_function(text: str) -> Iterator[str]:
    if function := _FUNCTION.search(text):
        header = " ".join(_HEADER.findall(text[: function.start()]))
        yield f"comment on function {function[1]} is {_quoted(header)};\n"


def _quoted(comment: str) -> str:
    return "'{}'".format(comment.replace("'", "''"))
