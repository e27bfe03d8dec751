-- Ends the server process of a lost connection. In a transaction it would hold the lock of all appenders.
select pg_terminate_backend(a.pid) from pg_stat_activity a where a.pid = %s and a.backend_start = %s
