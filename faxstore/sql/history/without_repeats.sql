-- Returns the rows that are not stored yet, in their order; of rows with the same session and time, the first.
create function fax.without_repeats(rows fax.appended_row[]) returns fax.appended_row[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- A scalar subquery probes the key of one partition per row.
    return coalesce((
        select array_agg(rows[n.ordinality] order by n.ordinality)
        from (
            select distinct on (r.session_id, r.observed_at) r.session_id, r.observed_at, r.ordinality, s.started_at
            from unnest(rows) with ordinality r
            join fax.session s on s.session_id = r.session_id
            order by r.session_id, r.observed_at, r.ordinality
        ) n
        where (select h.position from fax.session_history h
               where h.session_id = n.session_id and h.started_at = n.started_at
                 and h.observed_at = n.observed_at) is null
    ), '{}');
end
$$;
