-- The appends of a period, the second moment excluded, whose rows are not those that one transaction appended: a row was
-- changed, removed or added by other means. NULL is unbounded. One transaction (xmin) wrote the rows of an append and its
-- record, so a row that is not packed shows who wrote it. Packed rows are counted: whatever contains the rows of a
-- stretch of positions that no pack crosses must have as many rows as positions. Only packs of a stretch that differs
-- are opened, and those that cross an end of the period.
-- first_position and last_position: those of the append; of rows in no append, their own; of a hole between appends, its.
-- appended: rows by the record of the append; NULL of a hole. found: rows that are stored now. written_later: positions
-- of those that another transaction wrote, or no append; of packed rows only the latter shows.
-- example: select * from fax.changed_appends('2026-11-01', '2026-12-01');
create function fax.changed_appends(from_at timestamptz default null, to_at timestamptz default null)
returns table (first_position bigint, last_position bigint, appended bigint, found bigint, written_later bigint[])
language sql stable
begin atomic
    with append as materialized (
        select b.last_position - b.rows + 1 as first_position, b.last_position, b.rows, b.xmin as written_by
        from fax.append_batch b
        where b.appended_at >= coalesce(from_at, '-infinity') and b.appended_at < coalesce(to_at, 'infinity')
    ),
    -- the period has the positions after the append before it, and all later ones if it contains the last append
    period as materialized (
        select
            a.first_row,
            a.last_row,
            coalesce((select max(b.last_position) from fax.append_batch b where b.last_position < a.last_of_first), 0) as last_before,
            coalesce((select max(b.last_position) + 1 from fax.append_batch b where b.last_position < a.last_of_first),
                     -9223372036854775808) as since,
            case when exists (select from fax.append_batch b where b.last_position > coalesce(a.last_row, 0))
                 then a.last_row else 9223372036854775807 end as until
        from (
            select min(a.first_position) as first_row, max(a.last_position) as last_row, min(a.last_position) as last_of_first
            from append a
        ) a
    ),
    -- what contains rows: those that one transaction wrote, a pack, of a pack that crosses an end the rows within it
    stored as materialized (
        select min(o.position) as first_position, max(o.position) as last_position, count(*) as rows, o.xmin as written_by
        from fax.observation o
        where o.position between (select p.since from period p) and (select p.until from period p)
        group by o.xmin
        union all
        select k.first_position, k.last_position, k.row_count as rows, null::xid as written_by
        from fax.session_pack k
        where k.first_position >= (select p.since from period p) and k.last_position <= (select p.until from period p)
        union all
        select min(r.position) as first_position, max(r.position) as last_position, count(*) as rows, null::xid as written_by
        from fax.session_pack k
        cross join lateral unnest(k.rows) r
        where k.last_position >= (select p.since from period p) and k.first_position <= (select p.until from period p)
          and (k.first_position < (select p.since from period p) or k.last_position > (select p.until from period p))
          and r.position between (select p.since from period p) and (select p.until from period p)
        group by k.session_id, k.started_at
        union all
        -- the neighbours of the appends, so that holes at both ends are holes between two stretches
        select n.position as first_position, n.position as last_position, 1 as rows, null::xid as written_by
        from period p
        cross join lateral (values (p.first_row - 1), (p.last_row + 1)) n (position)
    ),
    stretch as (
        select min(b.first_position) as first_position, max(b.last_position) as last_position, sum(b.rows) as rows
        from (
            select s.*, count(*) filter (where s.begins) over (order by s.first_position, s.last_position rows unbounded preceding) as number
            from (
                select
                    s.*,
                    s.first_position > max(s.last_position)
                        over (order by s.first_position, s.last_position rows between unbounded preceding and 1 preceding) as begins
                from stored s
            ) s
        ) b
        group by b.number
    ),
    differing as materialized (
        select range_agg(int8range(d.first_position, d.last_position, '[]')) as positions
        from (
            select s.first_position, s.last_position
            from stretch s
            cross join period p
            where s.rows <> s.last_position - s.first_position + 1
               or s.last_position < p.first_row - 1 or s.first_position > p.last_row + 1
            union all
            select h.last_before + 1 as first_position, h.first_position - 1 as last_position
            from (select s.first_position, lag(s.last_position) over (order by s.first_position) as last_before from stretch s) h
            where h.first_position > h.last_before + 1
            union all
            select s.first_position, s.last_position
            from stored s
            where s.written_by is not null
              and not exists (
                  select
                  from append a
                  where a.written_by = s.written_by and a.first_position <= s.first_position and a.last_position >= s.last_position)
        ) d
    ),
    expected as materialized (
        select a.first_position, a.last_position, a.rows, a.written_by, n.position
        from append a
        cross join lateral generate_series(a.first_position, a.last_position) n (position)
        where int8range(a.first_position, a.last_position, '[]') && (select d.positions from differing d)
    ),
    opened as (
        select unnest(range_agg(o.positions)) as positions
        from (
            select int8range(e.first_position, e.last_position, '[]') as positions from expected e
            union
            select unnest(d.positions) as positions from differing d
        ) o
    ),
    present as (
        select r.position, r.written_by
        from opened n
        cross join lateral (
            select o.position, o.xmin as written_by
            from fax.observation o
            where o.position >= lower(n.positions) and o.position < upper(n.positions)
            union all
            select r.position, null::xid as written_by
            from fax.session_pack k
            cross join lateral unnest(k.rows) r
            where k.first_position < upper(n.positions) and k.last_position >= lower(n.positions)
              and (r.position <@ n.positions
                   -- an added row may be far from the others
                   or (k.first_position <@ n.positions and r.position not between k.first_position and k.last_position))
        ) r
    )
    select
        coalesce(e.first_position, r.position) as first_position,
        coalesce(e.last_position, r.position) as last_position,
        coalesce(max(e.rows), 0)::bigint as appended,
        count(r.position) as found,
        array_agg(r.position order by r.position)
            filter (where e.position is null or r.written_by <> e.written_by) as written_later
    from expected e
    full join present r on r.position = e.position
    group by 1, 2
    having count(r.position) <> coalesce(max(e.rows), 0) or bool_or(r.position is null or r.written_by <> e.written_by)
    union all
    select
        a.last_before + 1 as first_position,
        a.first_position - 1 as last_position,
        null::bigint as appended,
        0::bigint as found,
        null::bigint[] as written_later
    from (
        select a.first_position, lag(a.last_position, 1, p.last_before) over (order by a.last_position) as last_before
        from append a
        cross join period p
    ) a
    where a.first_position <> a.last_before + 1
    order by 1;
end;
