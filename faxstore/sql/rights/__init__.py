"""Who may do what: roles, append-only triggers, grants.

``roles.sql`` is not in ``ORDER``: roles belong to the cluster, not to the schema, and exist before it.
"""

ORDER = (
    "append_only",
    "grants",
)
