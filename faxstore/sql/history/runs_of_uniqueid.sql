-- grain: one fax on a Uniqueid that started by a moment
-- Returns whether it started before that moment, and whether it was never listed and continues after it.
-- example: select * from fax.runs_of_uniqueid('pbx1', '1764165600.1', '2026-11-23 14:00+00');
create function fax.runs_of_uniqueid(
    of_server text, of_uniqueid text, moment timestamptz
) returns table (session_id uuid, started_before boolean, goes_on boolean)
language sql stable
begin atomic
    select s.session_id, s.started_at < moment,
           s.session_number is null and exists (
               select from fax.session_history r
               where r.session_id = s.session_id and r.started_at = s.started_at and r.observed_at >= moment)
    from fax.session s
    where s.server = of_server
      and left(s.uniqueid, 100) = left(of_uniqueid, 100)
      and s.uniqueid = of_uniqueid
      and s.started_at <= moment
      and s.is_fax
      and s.operation is distinct from 'V.21'
    order by s.started_at;
end;
