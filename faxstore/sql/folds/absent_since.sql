-- The first complete list without a session that no snapshot refutes, or NULL. A snapshot of the same observer refutes
-- it if it is later both by its clock and in the history, one of another observer if it is later by more than clocks may
-- differ (30 s).
-- Arrays as in fax.session_events and fax.session_snapshots; NULL if there are no such rows.
-- example: select fax.absent_since('{a}', '{2026-11-02 08:01+00}', '{7}', '{a}', '{2026-11-02 08:00+00}', '{6}');
create function fax.absent_since(
    gone_observers text[], gone_moments timestamptz[], gone_positions bigint[],
    observers text[], moments timestamptz[], positions bigint[]) returns timestamptz
language sql immutable parallel safe
begin atomic
    select min(g.seen_at)
    from unnest(gone_observers, gone_moments, gone_positions) g (observer, seen_at, position)
    where not exists (
        select 1
        from unnest(observers, moments, positions) s (observer, seen_at, position)
        where case when s.observer = g.observer then s.seen_at > g.seen_at and s.position > g.position
                   else s.seen_at > g.seen_at + interval '30 seconds' end
    );
end;
