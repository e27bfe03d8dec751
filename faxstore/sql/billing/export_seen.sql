-- grain: the given fax; no row if fax.sessions does not have it
-- example: select pages, result from fax.export_seen('…', '2026-11-02 08:00+00');
-- The fax as the ledger would record it now: the columns of fax.sessions by name, the columns of the ledger NULL.
-- One fax per call, by session and start, so that the views read one session. Postgres inlines the function
-- (offset 0: as a subquery for each session, see fax.session_facts).
create function fax.export_seen(of_session uuid, of_start timestamptz) returns setof fax.export_line
language sql stable parallel safe
as $$
    select l.*
    from fax.sessions f
    cross join lateral jsonb_populate_record(null::fax.export_line, to_jsonb(f) || '{"changed": []}') l
    where f.session_id = of_session and f.started_at = of_start
    offset 0
$$;
