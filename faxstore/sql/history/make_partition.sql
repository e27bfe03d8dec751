-- Returns the name of the partition for a moment, and creates it if it is missing: of fax.observation for the day, of
-- fax.session_pack for the month (UTC). It has the storage of its table.
-- Attaching, unlike creating in place, does not block readers of other partitions. If the default partition has rows of
-- the period, they stay there, and so do later ones.
-- example: select fax.make_partition('2026-11-23');
create function fax.make_partition(moment timestamptz, of_table text default 'observation') returns text
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    unit text := case of_table when 'observation' then 'day' else 'month' end;
    began timestamptz := date_trunc(unit, moment);
    ends timestamptz := began + ('1 ' || unit)::interval;
    name text := of_table || to_char(began, case unit when 'day' then '_YYYY_MM_DD' else '_YYYY_MM' end);
    strays boolean;
begin
    if to_regclass('fax.' || name) is not null then
        return name;
    end if;
    execute format('select exists (select 1 from fax.%I d where d.started_at >= $1 and d.started_at < $2)', of_table || '_default')
        into strays using began, ends;
    if strays then
        return of_table || '_default';
    end if;
    execute format(
        'create table fax.%I (like fax.%I including defaults including generated including storage including comments)',
        name, of_table);
    if of_table = 'observation' then
        execute format('alter table fax.%I add primary key (observed_at, session_id)', name);
    end if;
    execute format('alter table fax.%I attach partition fax.%I for values from (%L) to (%L)', of_table, name, began, ends);
    perform fax.make_append_only(name);
    return name;
end
$$;
