-- Those of given sessions that have no total, each with the transaction that wrote its row of fax.session_untotalled.
-- example: select * from fax.untotalled_of(array['…']::uuid[]);
create or replace function fax.untotalled_of(of_sessions uuid[]) returns table (session_id uuid, version xid)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query select u.session_id, u.xmin from fax.session_untotalled u where u.session_id = any (of_sessions);
end
$$;
