-- Which database this is, and which of its lives: a standby that is promoted, and a restored backup, begin a timeline.
-- An error on a standby.  pg_control_checkpoint() would give the old timeline until the first checkpoint.
select (select s.system_identifier from pg_control_system() s) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
