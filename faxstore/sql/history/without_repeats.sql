-- Returns the rows that are not stored yet, in their order; of rows with the same session and time, the first.
create function fax.without_repeats(rows fax.appended_row[]) returns fax.appended_row[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- A scalar subquery probes the key of one partition per row. A pack is opened once per session.
    return coalesce((
        select array_agg(rows[n.ordinality] order by n.ordinality)
        from (
            select i.session_id, s.started_at, i.moments, i.places,
                   array(select r.observed_at
                         from fax.session_pack p
                         cross join lateral unnest(p.rows) r
                         where p.session_id = i.session_id and p.started_at = s.started_at
                         union all
                         select m.moment
                         from fax.dropped_session d
                         cross join lateral unnest(d.moments) m (moment)
                         where d.session_id = i.session_id) as packed
            from (
                select d.session_id, array_agg(d.observed_at) as moments, array_agg(d.ordinality) as places
                from (
                    select distinct on (r.session_id, r.observed_at) r.session_id, r.observed_at, r.ordinality
                    from unnest(rows) with ordinality r
                    order by r.session_id, r.observed_at, r.ordinality
                ) d
                group by d.session_id
            ) i
            join fax.session s on s.session_id = i.session_id
            offset 0
        ) o
        cross join lateral unnest(o.moments, o.places) n (observed_at, ordinality)
        where n.observed_at <> all (o.packed)
          and (select h.position from fax.observation h
               where h.session_id = o.session_id and h.started_at = o.started_at
                 and h.observed_at = n.observed_at) is null
    ), '{}');
end
$$;
