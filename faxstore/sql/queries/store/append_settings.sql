-- Settings of a connection that appends. A timeout on locks prevents a queue of dead waiters. Commits wait for the disk
-- even if the server's own setting is off.
select
    set_config('lock_timeout', '20s', false),
    case when current_setting('synchronous_commit') = 'off' then set_config('synchronous_commit', 'on', false) end
