-- Why a month cannot be archived: the first problem, in words with what to do; NULL if there is none.
select case
    when %(ends)s > now() then 'is not over'
    when exists (select from fax.session_untotalled u where u.started_at >= %(began)s and u.started_at < %(ends)s)
        then 'has sessions without a total: run faxstore compact'
    when exists (select from fax.observation o where o.started_at >= %(began)s and o.started_at < %(ends)s)
        then 'has rows that are not packed: run faxstore compact (it packs a day two days after its end)'
    when exists (
        select
        from fax.polled_servers s
        cross join lateral generate_series(
            greatest(%(began)s::timestamptz at time zone 'UTC', date_trunc('day', s.first_polled_at at time zone 'UTC')),
            %(ends)s::timestamptz at time zone 'UTC' - interval '1 day', interval '1 day') g (day)
        left join fax.coverage_day d on d.server = s.server and d.day = g.day::date
        where coalesce(d.until < (g.day + interval '1 day') at time zone 'UTC', true)
    ) then 'has days without stored coverage: run faxstore compact'
    when (select max(p.last_position) from fax.session_pack p where p.started_at >= %(began)s and p.started_at < %(ends)s)
         > coalesce((select max(c.size) from fax.checkpoint c), 0)
        then 'has rows that are not sealed: run faxstore seal'
end
