-- The partition of the history for the month (UTC) that holds a moment; made if it is not there.
-- Attached rather than created in place: readers of the other months are not locked out.
-- example: select fax.make_partition('2026-11-23');
create function fax.make_partition(moment timestamptz) returns text
language plpgsql
set search_path = ''
set timezone = 'UTC'
as $$
declare
    month date := date_trunc('month', moment);
    name text := 'session_history_' || to_char(month, 'YYYY_MM');
begin
    if to_regclass('fax.' || name) is not null then
        return name;
    end if;
    execute format('create table fax.%I (like fax.session_history including defaults including comments)', name);
    execute format('alter table fax.session_history attach partition fax.%I for values from (%L) to (%L)',
                   name, month::timestamptz, (month + interval '1 month')::timestamptz);
    perform fax.protect(name);
    return name;
end
$$;

comment on function fax.make_partition(timestamptz) is 'Makes the partition of fax.session_history for the month (UTC) of a moment, unless it is there; returns its name.';
