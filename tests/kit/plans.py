"""The nodes of a plan that were executed, and how many rows they read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

Node = dict[str, Any]


def nodes(plan: Node) -> Iterator[Node]:
    """A node and all nodes below it."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def explained(connection: psycopg.Connection, question: str, *parameters: object) -> list[Node]:
    """The executed nodes of a plan."""
    row = connection.execute(f"explain (analyze, format json) {question}".encode(), parameters or None).fetchone()
    assert row is not None
    return [node for node in nodes(row[0][0]["Plan"]) if node["Actual Loops"] > 0]


def rows_read(found: list[Node], table: str) -> float:
    """The rows that all scans of a table, or of its partitions, read together, with those that a filter removed."""
    scans = [node for node in found if str(node.get("Relation Name", "")).startswith(table)]
    return float(sum((n["Actual Rows"] + n.get("Rows Removed by Filter", 0)) * n["Actual Loops"] for n in scans))
