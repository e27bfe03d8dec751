-- The rows of fax.reconciliation of one server whose later reading was taken between two moments, the second one
-- excluded.
-- example: select * from fax.reconciliation_between('pbx1', '2026-10-01', '2026-11-01') where attempts_missed <> 0;
create function fax.reconciliation_between(of_server text, from_moment timestamptz, to_moment timestamptz)
returns setof fax.reconciliation
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select r.*
    from fax.reconciliation r
    where r.server = of_server and r.to_at >= from_moment and r.to_at < to_moment
      -- computes no other days
      and r.day >= (from_moment at time zone 'UTC')::date and r.day <= (to_moment at time zone 'UTC')::date;
end
$$;
