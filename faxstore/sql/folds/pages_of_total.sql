-- The pages of a total as polls observed them: observed_pages in fax.session_fold.
-- Parameters: the columns of fax.session_total by these names. NULL if moments is.
-- example: select fax.pages_of_total(t.page_moments, t.page_numbers, t.page_attempts, t.page_bad_lines, t.page_discarded, t.page_data_rates, t.page_y_resolutions, t.last_data_rate, t.y_resolution) from fax.session_total t where t.session_id = '…';
create function fax.pages_of_total(
    moments timestamptz[], numbers integer[], attempts integer[], bad_lines integer[], discarded bigint[],
    data_rates integer[], y_resolutions integer[], usual_data_rate integer, usual_y_resolution integer
) returns fax.observed_page[]
language sql immutable parallel safe
begin atomic
    select array_agg(row(
        case when numbers is null then p.place else numbers[p.place] end,
        case when attempts is null then 1 else attempts[p.place] end,
        p.first_seen_at,
        moments[p.place][2],
        p.next_seen_at,
        nullif(coalesce(moments[p.place][3], p.first_seen_at), 'infinity'),
        case when bad_lines is null then 0 else bad_lines[p.place] end,
        case when discarded is null then 0 else discarded[p.place] end,
        case when data_rates is null then usual_data_rate else data_rates[p.place] end,
        case when y_resolutions is null then usual_y_resolution else y_resolutions[p.place] end
    )::fax.observed_page order by p.place)
    from (
        select
            n.place,
            moments[n.place][1] as first_seen_at,
            min(moments[n.place][1]) over (order by n.place rows between 1 following and unbounded following) as next_seen_at
        from generate_series(1, array_length(moments, 1)) n (place)
    ) p;
end;
