-- For a connection that appends. Who waits for a lock longer says so rather than leave a queue of dead waiters behind;
-- what is acknowledged is on disk, also where the server's own setting would not wait for it.
select
    set_config('lock_timeout', '20s', false),
    case when current_setting('synchronous_commit') = 'off' then set_config('synchronous_commit', 'on', false) end
