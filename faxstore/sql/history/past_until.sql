-- The day (UTC) on which the schema was created: rows of sessions that began before it are in fax.observation_past.
-- example: select fax.past_until();
create function fax.past_until() returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select substring(pg_get_expr(c.relpartbound, c.oid) from $re$TO \('([^']+)'\)$re$)::timestamptz
    from pg_class c
    where c.oid = 'fax.observation_past'::regclass
$$;
