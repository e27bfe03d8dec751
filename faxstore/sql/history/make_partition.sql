-- Returns the name of the partition for the month (UTC) of a moment, and creates it if it is missing.
-- Attaching, unlike creating in place, does not block readers of other months. If a wrong clock has put rows of the
-- month into the default partition, the month stays there: rows are never moved.
-- example: select fax.make_partition('2026-11-23');
create function fax.make_partition(moment timestamptz) returns text
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    month timestamptz := date_trunc('month', moment);
    month_after timestamptz := month + interval '1 month';
    name text := 'session_history_' || to_char(month, 'YYYY_MM');
begin
    if to_regclass('fax.' || name) is not null then
        return name;
    end if;
    if exists (select 1 from fax.session_history_default d where d.started_at >= month and d.started_at < month_after) then
        return 'session_history_default';
    end if;
    execute format('create table fax.%I (like fax.session_history including defaults including comments)', name);
    execute format('alter table fax.session_history attach partition fax.%I for values from (%L) to (%L)',
                   name, month, month_after);
    perform fax.make_append_only(name);
    return name;
end
$$;
