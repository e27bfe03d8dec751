-- Stores what can change in a row of fax.session.
-- example: select fax.store_session('…', false, 'receive', 'PJSIP/1-0000001a', '1764165600.1', 'Spandsp');
create or replace function fax.store_session(
    of_session uuid, open boolean, its_operation text, its_channel text, its_uniqueid text, its_technology text
) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update fax.session s
    set is_open = open, operation = its_operation, channel = its_channel, uniqueid = its_uniqueid,
        technology = its_technology
    where s.session_id = of_session;
end
$$;
