"""Distributes the schema over the nodes of a Citus cluster, and gives each node what its part of a query calls.

Citus copies a table to the nodes with all that depends on it, but cannot order these views and functions.  So while the
tables are distributed, the views read nothing and functions have no parsed body; nothing of this is sent to the nodes.
Then each node gets the types, functions and views as the coordinator has them, but those that read a table of the
coordinator.  The first step is one transaction, and the second may be repeated, for example after an interruption.
docs/decisions/0054-a-distributed-database.md has the reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import sql as composed

from faxstore import sql
from faxstore.errors import UsageError
from faxstore.sql import distribution
from faxstore.store.database import Connection

OLDEST = 13
"""The major version of Citus on which this was tried."""

_NODES = sql.text("queries/distribution/nodes")
_VIEWS = sql.text("queries/distribution/views")
_READERS = sql.text("queries/distribution/readers")
_TRIGGERS = sql.text("queries/distribution/triggers")
_OBJECTS = sql.text("queries/distribution/objects")
_ALONE = "set local citus.enable_ddl_propagation = off"
"""Until the end of a transaction, Citus sends no statement to other nodes that creates or changes an object."""
_HAS_CITUS = "select exists (select from pg_catalog.pg_extension where extname = 'citus')"
_IS_DISTRIBUTED = """
select exists (select from pg_catalog.pg_dist_partition where logicalrelid = 'fax.session'::regclass)
"""
_SHARD = "select format('fax.%%I', relname || '_' || shardid) from pg_dist_shard, pg_class"
_SHARD += " where logicalrelid = pg_class.oid and pg_class.oid = %s::regclass"
_OF_QUERIES = """
select p.oid::regprocedure::text from pg_proc p join pg_language l on l.oid = p.prolang
where p.pronamespace = 'fax'::regnamespace and l.lanname = 'plpgsql' and p.prosrc ~* '(from|join|into|update) fax\\.'
"""
_ONE_CONNECTION = "alter function fax.{} set citus.multi_shard_modify_mode = 'sequential'"
_ONE_CONNECTION += " set citus.max_adaptive_executor_pool_size = 1"
_ON_NODES = "select nodename, nodeport, success, result from run_command_on_workers(%s)"

_UNLESS_MISSING = (
    "exception when undefined_table or undefined_object or undefined_function or duplicate_object then null;"
)

Trigger = tuple[str, str, str]
"""The name of its table, its definition, and the statement that makes it fire always."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A distributed database: its nodes with rows of sessions, and whether its tables were distributed now."""

    nodes: int
    is_new: bool


def is_distributed(connection: Connection) -> bool:
    """Return whether Citus has distributed the sessions of the database."""
    if connection.execute(_HAS_CITUS).fetchone() != (True,):
        return False
    return connection.execute(_IS_DISTRIBUTED).fetchone() == (True,)


def refuse_distributed(connection: Connection, command: str) -> None:
    """Raises UsageError if the database is distributed, where a command does not run yet."""
    if is_distributed(connection):
        raise UsageError(f"{command} cannot run on a distributed database yet: see docs/how-to/distributed.md")


def distribute(connection: Connection) -> Cluster:
    """Distribute the tables, unless they are, and replace what the nodes have beside them.

    Waits for appends and keeps them waiting.  Raises UsageError as `require_nodes` does.
    """
    nodes = require_nodes(connection)
    was_distributed = is_distributed(connection)
    _on_nodes(connection, _block([sql.text("rights/roles"), "alter role fax_owner login"]))
    with connection.transaction():
        connection.execute(_ALONE)
        connection.execute("set local citus.multi_shard_modify_mode = 'sequential'")
        connection.execute("alter role fax_owner login")
        connection.execute("select fax.lock_append()")
        if not was_distributed:
            _distribute_tables(connection)
        replace_functions(connection)
    _give_objects(connection)
    return Cluster(nodes, not was_distributed)


def require_nodes(connection: Connection) -> int:
    """Return the number of nodes for rows of sessions.

    Raises UsageError if the database has no Citus, an older one, no nodes, or is not the coordinator's.
    """
    ((has_citus,),) = connection.execute(_HAS_CITUS).fetchall()
    if not has_citus:
        raise UsageError(
            f"--distribute: the database has no extension citus: install Citus {OLDEST} or newer on each node and run"
            " create extension citus, or migrate without --distribute"
        )
    ((major, local_group, coordinators, nodes),) = connection.execute(_NODES).fetchall()
    if major < OLDEST:
        raise UsageError(f"--distribute: the extension citus is {major}, faxstore needs {OLDEST} or newer")
    if local_group != 0:
        raise UsageError("--distribute: this node is a worker of Citus: connect to the coordinator")
    if not coordinators:
        raise UsageError("--distribute: Citus has no coordinator yet: run select citus_set_coordinator_host('…', 5432)")
    if not nodes:
        raise UsageError("--distribute: Citus has no workers yet: run select citus_add_node('…', 5432) for each")
    return int(nodes)


def _distribute_tables(connection: Connection) -> None:
    """Distribute the tables with their rows, and move the triggers of reference tables to the coordinator's copies."""
    triggers = _take_triggers(connection)
    # with a foreign key, Citus would use one connection per node for all shards
    connection.execute("alter table fax.session drop constraint session_epoch_id_fkey")
    # a node runs its part of a view with the rights of the user, not with those of the view's owner
    connection.execute(
        "grant select on fax.erased_key, fax.pseudonym, fax.rate, fax.job_window, fax.rejected_message to fax_reader"
    )
    views = connection.execute(_VIEWS).fetchall()
    _run(connection, [placeholder for _, placeholder in views])
    replace_readers(connection)
    for name in distribution.REFERENCE:
        connection.execute("select create_reference_table(%s)", [f"fax.{name}"])
    for name in distribution.DISTRIBUTED:
        connection.execute("select create_distributed_table(%s, 'session_id')", [f"fax.{name}"])
    for name in (*distribution.REFERENCE, *distribution.DISTRIBUTED):
        connection.execute("select truncate_local_data_after_distributing_table(%s)", [f"fax.{name}"])
    connection.execute(_ALONE)  # the function before turns it on
    _run(connection, [definition for definition, _ in views])
    connection.execute("set local citus.enable_manual_changes_to_shards = on")
    for table, definition, always in triggers:
        if table in distribution.REFERENCE:
            ((shard,),) = connection.execute(_SHARD, [f"fax.{table}"]).fetchall()
            _run(connection, [definition.replace("{table}", shard), always.replace("{table}", shard)])


def _take_triggers(connection: Connection) -> list[Trigger]:
    """Drop the triggers of all tables that Citus will have, and return them."""
    names = [*distribution.REFERENCE, *distribution.DISTRIBUTED]
    parameters = {"tables": names, "qualified": [f"fax.{name}" for name in names]}
    found = connection.execute(_TRIGGERS, parameters).fetchall()
    _run(connection, [removal for removal, *_ in found])
    return [(table, definition, always) for _, table, definition, always in found]


def replace_readers(connection: Connection) -> None:
    """Replace the functions in SQL that read tables by the same ones in plpgsql."""
    _run(connection, [statement for (statement,) in connection.execute(_READERS).fetchall()])


def replace_functions(connection: Connection) -> None:
    """Replace the functions that a distributed database needs in another form (faxstore/sql/distribution)."""
    replace_readers(connection)
    _run(connection, ["set local role fax_owner", *(sql.text(f"distribution/{name}") for name in distribution.ORDER)])
    connection.execute("reset role")
    # Citus finds the nodes of a query only by the values of its parameters
    mode = "alter function {} set plan_cache_mode = force_custom_plan"
    _run(connection, [mode.format(name) for (name,) in connection.execute(_OF_QUERIES).fetchall()])
    definer = "alter function fax.{} security definer set search_path = pg_catalog, pg_temp"
    _run(connection, [definer.format(name) for name in distribution.OF_THE_APPENDER])
    _run(connection, [_ONE_CONNECTION.format(name) for name in distribution.ON_ONE_CONNECTION])


def _give_objects(connection: Connection) -> None:
    """Create on each node what this one has beside tables, and let functions on all nodes read tables of sessions."""
    database = composed.Identifier(connection.info.dbname)
    setting = composed.SQL("alter database {} set citus.allow_nested_distributed_execution = on")
    nested = setting.format(database).as_string(connection)
    objects = [statement for (statement,) in connection.execute(_OBJECTS).fetchall()]
    connection.execute(nested.encode())
    _on_nodes(connection, _block([nested]))
    _on_nodes(connection, _block(["set local role fax_owner", "set local check_function_bodies = off"], objects))


def _block(statements: list[Any], optional: list[Any] | None = None) -> str:
    """Return a DO block that runs statements; of the optional ones, those of which all objects exist."""
    literal = composed.Literal
    lines = [f"execute {literal(each).as_string()};" for each in (_ALONE, *statements)]
    lines += [f"begin execute {literal(each).as_string()}; {_UNLESS_MISSING} end;" for each in optional or ()]
    return f"do {literal(' '.join(['begin', *lines, 'end'])).as_string()}"


def _on_nodes(connection: Connection, command: str) -> None:
    for host, port, success, result in connection.execute(_ON_NODES, [command]).fetchall():
        if not success:
            raise UsageError(f"--distribute: the node {host}:{port} refused a command: {' '.join(result.split())}")


def _run(connection: Connection, statements: list[str]) -> None:
    for statement in statements:
        connection.execute(statement.encode())
