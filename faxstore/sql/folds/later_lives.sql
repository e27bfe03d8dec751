-- grain: one epoch and one life of its server that followed it
-- example: select min(began_at) from fax.later_lives where epoch_id = '…';
-- The next life of a server ends its sessions, if nothing else shows their end. Read it of one epoch at a time, as in
-- the example: all pairs are many.
create view fax.later_lives as
select
    mine.epoch_id,  -- The epoch (fax.epoch).
    coalesce(later.reloaded_at, later.started_at, later.first_seen_at) as began_at,  -- Start of the later life.
    later.known_after  -- Last position of the history when the later life was added.
from fax.epoch mine
join fax.epoch later on later.server = mine.server and later.epoch_id <> mine.epoch_id
where (coalesce(later.reloaded_at, later.started_at, later.first_seen_at), later.reload_ordinal)
      > (coalesce(mine.reloaded_at, mine.started_at, mine.first_seen_at), mine.reload_ordinal);

comment on view fax.later_lives is 'The lives of a server that followed an epoch. The base of next_life_at in fax.session_facts.';
