-- Trigger of the packs, for each row: admits an UPDATE only if the pack gains rows, or if this transaction has recorded an
-- erasure of its session. It must still contain each row as it was, or with nothing but personal values erased
-- (fax.erases).
create function fax.check_pack() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_hashjoin = on
as $$
begin
    if new.session_id = old.session_id and new.started_at = old.started_at
       and (cardinality(new.rows) > cardinality(old.rows) or fax.erasure_recorded(old.session_id, null, null))
       -- count(*), not exists(): for the first row alone, the planner would compare each row with each
       and 0 = (
           select count(*)
           from unnest(old.rows) o
           left join unnest(new.rows) n on n.position = o.position
           where not coalesce(n operator(pg_catalog.*=) o or fax.erases(o, n), false)
       )
    then
        return new;
    end if;
    raise exception 'fax.session_pack is append-only: update is refused'
        using errcode = 'insufficient_privilege';
end
$$;
