-- Adds rows of fax.session to fax.unsealed_change: what the trigger fax.record_change() does where sessions are on one
-- node.
-- example: select fax.record_session(fax.sessions_of(array['…']::uuid[]));
create or replace function fax.record_session(sessions fax.session[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set bytea_output = 'hex'
as $$
begin
    insert into fax.unsealed_change (relation, row_key, content)
    select 'session', s.session_id::text,
           to_jsonb(s) - '{started_at,session_number,epoch_id,is_open,server,channel}'::text[]
    from unnest(sessions) s;
end
$$;
