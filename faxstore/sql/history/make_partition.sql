-- Returns the name of the partition for the month (UTC) of a moment, and creates it if it is missing, with the storage
-- options of the default partition.
-- Attaching, unlike creating in place, does not block readers of other months. If a wrong clock has put rows of the
-- month into the default partition, the month stays there: rows are never moved.
-- example: select fax.make_partition('2026-11-23');
create function fax.make_partition(moment timestamptz, of_table text default 'observation') returns text
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    month timestamptz := date_trunc('month', moment);
    month_after timestamptz := month + interval '1 month';
    name text := of_table || to_char(month, '_YYYY_MM');
    strays boolean;
begin
    if to_regclass('fax.' || name) is not null then
        return name;
    end if;
    execute format('select exists (select from fax.%I d where d.started_at >= $1 and d.started_at < $2)', of_table || '_default')
        into strays using month, month_after;
    if strays then
        return of_table || '_default';
    end if;
    execute format('create table fax.%I (like fax.%I including defaults including comments) %s', name, of_table, (
        select 'with (' || array_to_string(c.reloptions, ', ') || ')'
        from pg_class c where c.oid = ('fax.' || of_table || '_default')::regclass));
    execute format('alter table fax.%I attach partition fax.%I for values from (%L) to (%L)', of_table, name, month, month_after);
    perform fax.make_append_only(name);
    return name;
end
$$;
