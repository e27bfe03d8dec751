-- Ends the process behind a connection that was lost: cut off in a transaction it would hold the lock of all appenders.
select pg_terminate_backend(a.pid) from pg_stat_activity a where a.pid = %s and a.backend_start = %s
