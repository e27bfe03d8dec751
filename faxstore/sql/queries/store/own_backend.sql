-- The server process of this connection: its pid, and its start, which a later process with the same pid lacks.
select a.pid, a.backend_start from pg_stat_activity a where a.pid = pg_backend_pid()
