-- Returns the rows whose fax.moment_key() is not among those stored, in their order; of rows with the same session and
-- time, the first.
-- example: select fax.rows_except(rows, '{}');
create or replace function fax.rows_except(rows fax.appended_row[], stored text[]) returns fax.appended_row[]
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select array(
        select rows[n.ordinality]
        from (
            select distinct on (r.session_id, r.observed_at)
                r.ordinality, fax.moment_key(r.session_id, r.observed_at) as key
            from unnest(rows) with ordinality r
            order by r.session_id, r.observed_at, r.ordinality
        ) n
        left join unnest(stored) k (key) on k.key = n.key
        where k.key is null
        order by n.ordinality)
$$;
