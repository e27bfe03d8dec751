-- What fax.insert_rows() asks the nodes about sessions: their start and server, whether they have a total, and the times
-- of their rows between two moments, packed or not. One query, because each one waits for all nodes. It opens only packs
-- with rows of that period.
-- example: select * from fax.known_sessions(array['…']::uuid[], '2026-11-23 14:00+00', '2026-11-23 15:00+00');
create or replace function fax.known_sessions(of_sessions uuid[], since timestamptz, until timestamptz)
returns table (session_id uuid, started_at timestamptz, server text, has_total boolean, moments timestamptz[])
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select
        s.session_id, s.started_at, s.server, u.session_id is null,
        array(
            select o.observed_at
            from fax.observation o
            where o.session_id = s.session_id and o.started_at = s.started_at and o.observed_at between since and until
        ) || array(
            select r.observed_at
            from fax.session_pack p
            cross join lateral unnest(p.rows) r
            where p.session_id = s.session_id and p.started_at = s.started_at
              and p.first_observed_at <= until and p.last_observed_at >= since
              and r.observed_at between since and until
        )
    from fax.session s
    left join fax.session_untotalled u on u.session_id = s.session_id
    where s.session_id = any (of_sessions);
end
$$;
