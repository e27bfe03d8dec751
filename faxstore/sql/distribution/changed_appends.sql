-- As in faxstore/sql/history/changed_appends.sql, without the comparison of transactions: each node has its own. Finds the
-- appends of which positions are missing or occur twice, and rows in no append.
create or replace function fax.changed_appends(from_at timestamptz default null, to_at timestamptz default null)
returns table (first_position bigint, last_position bigint, appended bigint, found bigint, written_later bigint[])
language plpgsql stable
as $$
#variable_conflict use_column
declare
    first_row bigint;
    last_row bigint;
    positions bigint[];
begin
    select min(b.last_position - b.rows + 1), max(b.last_position) into first_row, last_row
    from fax.append_batch b
    where b.appended_at >= coalesce(from_at, '-infinity') and b.appended_at < coalesce(to_at, 'infinity');
    positions := array(
        select h.position
        from (
            select o.position from fax.observation o
            where coalesce(o.position between first_row and last_row, true)
            union all
            select r.position
            from fax.session_pack p
            cross join lateral unnest(p.rows) r
            where coalesce(p.first_position <= last_row and p.last_position >= first_row
                           and r.position between first_row and last_row, true)
        ) h
    );
    return query
    with append as (
        select b.last_position - b.rows + 1 as first_position, b.last_position, b.rows::bigint as rows
        from fax.append_batch b
        where b.last_position between first_row and last_row
    ),
    expected as (
        select a.*, n.position
        from append a cross join lateral generate_series(a.first_position, a.last_position) n (position)
    ),
    present as (
        select p.position, count(*) as times from unnest(positions) p (position) group by p.position
    )
    select
        coalesce(e.first_position, p.position), coalesce(e.last_position, p.position), coalesce(max(e.rows), 0),
        coalesce(sum(p.times), 0)::bigint,
        array_agg(p.position order by p.position) filter (where e.position is null or p.times > 1)
    from expected e
    full join present p on p.position = e.position
    group by 1, 2
    having count(p.position) <> coalesce(max(e.rows), 0) or bool_or(p.times is distinct from 1 or e.position is null)
    order by 1;
end
$$;
