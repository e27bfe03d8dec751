-- As in faxstore/sql/history/forget_coverage_of_server.sql.
create or replace function fax.forget_coverage_of_server() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fax.forget_coverage(
        array_agg(a.server), array_agg(a.observed_at - interval '1 hour'), array_agg(a.observed_at + interval '150 seconds'))
    from added a
    where a.event in ('Polled', 'PollFailed', 'Connected', 'Disconnected', 'ConnectFailed', 'Dropped');
    return null;
end
$$;
