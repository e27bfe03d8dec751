-- The process of the database behind this connection: its number, and when it began, which tells it from a later one.
select a.pid, a.backend_start from pg_stat_activity a where a.pid = pg_backend_pid()
