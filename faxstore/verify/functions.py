"""Checks that the SQL functions behind the canonical bytes are those of this version: others could hide a change."""

from __future__ import annotations

import re
from collections.abc import Iterator

from faxstore import sql
from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope

TRUSTED = ("plain_headers", "plain_variables", "personal_details", "plain_details", "personal_digest")


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each function with another body, or with an overload."""
    query = "select proname, prosrc from pg_proc where pronamespace = 'fax'::regnamespace and proname = any(%s)"
    found = [(str(name), str(source)) for name, source in connection.execute(query, [list(TRUSTED)])]
    for name in TRUSTED:
        if [source for other, source in found if other == name] != [_body(name)]:
            yield Finding("functions", f"fax.{name}()", "is not the function of this version of faxstore")


def _body(name: str) -> str:
    body = re.search(r"\$\$(.*)\$\$", sql.text(f"log/{name}"), re.DOTALL)
    assert body is not None
    return body[1]
