-- The start of the life of a server that followed an epoch; no row if none followed.
-- example: select n.began_at from fax.epoch e, fax.next_life(e.epoch_id) n where e.server = 'pbx1';
create function fax.next_life(of_epoch uuid) returns table (began_at timestamptz)
language sql stable parallel safe
begin atomic
    select coalesce(later.reloaded_at, later.started_at, later.first_seen_at)
    from fax.epoch mine
    join fax.epoch later on later.server = mine.server and later.epoch_id <> mine.epoch_id
    where mine.epoch_id = of_epoch
      and (coalesce(later.reloaded_at, later.started_at, later.first_seen_at), later.reload_ordinal)
          > (coalesce(mine.reloaded_at, mine.started_at, mine.first_seen_at), mine.reload_ordinal)
    order by 1, later.reload_ordinal
    limit 1;
end;
