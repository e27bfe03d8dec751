-- Makes packs of the rows in the temporary table restored. A session whose late rows are packed gets them added.
insert into fax.session_pack as old (
    session_id, started_at, first_observed_at, last_observed_at, first_position, last_position, completed_at, hung_up_at,
    rows)
select
    d.session_id, d.started_at, d.first_observed_at, d.last_observed_at, d.first_position, d.last_position,
    d.completed_at, d.hung_up_at, r.rows
from (
    select
        i.session_id,
        -- as fax.insert_rows() stores them
        array_agg(row(
            i.session_id, i.started_at, i.observed_at, i.position, i.data_rate, i.x_resolution, i.y_resolution,
            i.page_number, i.pages_transmitted, i.pages_received, i.total_bad_lines, c.collector, w.words,
            i.error_correction_mode,
            case when w.words is null then i.event end,
            case when w.words is null then i.operation end,
            case when w.words is null then i.state end,
            case when w.words is null then i.session_type end,
            i.file_name, i.details)::fax.observation order by i.details is null, i.position) as rows
    from pg_temp.restored i
    left join fax.collector c on c.collector_id = i.collector_id
    cross join lateral fax.snapshot_words(i.event, i.operation, i.state, i.session_type) w (words)
    group by i.session_id
) r
join fax.dropped_session d on d.session_id = r.session_id
on conflict (session_id, started_at) do update
set first_observed_at = least(old.first_observed_at, excluded.first_observed_at),
    last_observed_at = greatest(old.last_observed_at, excluded.last_observed_at),
    first_position = least(old.first_position, excluded.first_position),
    last_position = greatest(old.last_position, excluded.last_position),
    completed_at = least(old.completed_at, excluded.completed_at),
    hung_up_at = greatest(old.hung_up_at, excluded.hung_up_at),
    rows = array(select n from unnest(old.rows || excluded.rows) n order by n.details is null, n.position)
