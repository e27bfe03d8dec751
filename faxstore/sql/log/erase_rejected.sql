-- Empties the rejected messages of a server (of all if NULL) between two moments, all or only those that contain a text.
-- When and why each was rejected remains. Rejected messages are not in the log. Returns the number of messages emptied.
-- example: select fax.erase_rejected('pbx1', '2026-11-01', '2026-12-01', 'request of 2026-11-25', '5550100');
create function fax.erase_rejected(
    of_server text, from_moment timestamptz, to_moment timestamptz, because text, containing text default ''
) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    erased bigint;
begin
    insert into fax.erasure (reason, server, from_at, to_at, erased_rows)
    select because, of_server, from_moment, to_moment, count(*)
    from fax.rejected_message r
    where (of_server is null or r.server = of_server) and r.observed_at >= from_moment and r.observed_at < to_moment
      and r.raw <> '' and position(convert_to(containing, 'UTF8') in r.raw) > 0;
    update fax.rejected_message r
    set raw = '', digest = uuid_send(gen_random_uuid())
    where (of_server is null or r.server = of_server) and r.observed_at >= from_moment and r.observed_at < to_moment
      and r.raw <> '' and position(convert_to(containing, 'UTF8') in r.raw) > 0;
    get diagnostics erased = row_count;
    return erased;
end
$$;
