-- Identifies the database and its timeline: promoting a standby or restoring a backup starts a new timeline.
-- Fails on a standby. pg_control_checkpoint() would return the old timeline until the first checkpoint.
select (select s.system_identifier from pg_control_system() s) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
