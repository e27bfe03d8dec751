-- Why there was no good poll, from an event of the collector, in the words of fax.coverage_gaps.
-- The texts are those of faxstore/ami (connection, guard, collector) and of Asterisk (manager.c, process_message).
-- example: select fax.gap_reason('Disconnected', 'no answer to FAXSessions within 10 s');
create function fax.gap_reason(event text, reason text) returns text
language sql immutable parallel safe
as $$
    select case
        when event = 'Dropped' then 'dropped'
        when reason ilike any (array['permission denied%', 'login refused%', 'login not possible%']) then 'permission'
        when reason ilike any (array['no answer%', 'no greeting%', 'no connection within%', '%timed out%']) then 'server silent'
        when event = 'Connected' or reason ilike any (array['closed by faxstore%', 'faxstore %']) then 'collector down'
        when event in ('Disconnected', 'ConnectFailed') or reason ilike 'asterisk is shutting down%' then 'connection lost'
        when event = 'PollFailed' then 'poll refused'
        when event = 'Polled' then 'polls late'
    end
$$;
