-- The sessions that started in a period whose total differs from the fold of their rows, with the columns that differ,
-- without those whose rows are in files only; and those that are not in exactly one of fax.session_total and fax.session_untotalled. Names no value.
-- Runs with its owner's rights, so that it can be called without rights on the values.
-- example: select * from fax.wrong_totals('2026-11-01', '2026-11-02');
create function fax.wrong_totals(from_at timestamptz, to_at timestamptz) returns table (session_id uuid, problem text)
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select
        w.session_id,
        'has a total that differs from its rows: ' || (
            select string_agg(k.key, ', ' order by k.key)
            from jsonb_each(w.stored) k
            where k.value is distinct from w.folded -> k.key)
    from (
        select t.session_id, to_jsonb(t) as stored, to_jsonb(f) as folded
        from fax.session_total t
        join fax.folded_total f on f.session_id = t.session_id and f.started_at = t.started_at
        where t.started_at >= from_at and t.started_at < to_at
          and f.started_at >= from_at and f.started_at < to_at
          and row(t.*) is distinct from row(f.*)
          and not exists (select from fax.dropped_session d where d.session_id = t.session_id)
        offset 0  -- where rows are distributed: the names are found on the coordinator
    ) w
    union all
    select
        p.session_id,
        case
            when count(*) filter (where p.place = 'session') = 0 then 'has a total or waits for one, but is not in fax.session'
            when count(*) = 1 then 'has no total and does not wait for one: the views do not show it'
            else 'has a total and waits for one: the views show it twice'
        end
    from (
        select s.session_id, 'session' as place from fax.session s where s.started_at >= from_at and s.started_at < to_at
        union all
        select t.session_id, 'total' as place from fax.session_total t where t.started_at >= from_at and t.started_at < to_at
        union all
        select u.session_id, 'untotalled' as place from fax.session_untotalled u where u.started_at >= from_at and u.started_at < to_at
    ) p
    group by p.session_id
    having count(*) <> 2 or count(*) filter (where p.place = 'session') = 0
$$;
