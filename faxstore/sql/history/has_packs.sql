-- Whether a session of the rows is packed or dropped, so that the key of fax.observation does not refuse a repeat of one of
-- its rows.
create function fax.has_packs(rows fax.appended_row[]) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    of_rows uuid[] := array(select distinct r.session_id from unnest(rows) r);
begin
    return exists (
        select from fax.session s
        where s.session_id = any (of_rows)
          and (select p.last_position from fax.session_pack p
               where p.session_id = s.session_id and p.started_at = s.started_at) is not null)
        or exists (select from fax.dropped_session d where d.session_id = any (of_rows));
end
$$;
