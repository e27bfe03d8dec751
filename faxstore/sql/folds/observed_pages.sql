-- The pages of a session as polls observed them, by page, from its snapshots; NULL if none reported a page.
-- The rules are those of fax.attempts_at_pages(). Most sessions have one observer and a technology that counts by page:
-- then one pass over the snapshots finds the same pages in a fraction of the time.
-- Arrays as in fax.session_snapshots.
-- example: select fax.observed_pages(s.observers, s.moments, s.page_numbers, s.bad_lines, s.measured, s.data_rates, s.y_resolutions, true) from fax.session_snapshots s where s.session_id = '…';
create function fax.observed_pages(
    observers text[], moments timestamptz[], page_numbers integer[], bad_lines integer[], measured boolean[],
    data_rates integer[], y_resolutions integer[], by_page boolean) returns fax.observed_page[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    pages fax.observed_page[];
    number integer;
    sent bigint;
    first_at timestamptz;
    last integer;
    measured_at timestamptz;
    lines integer;
    discarded bigint;
    rate integer;
    resolution integer;
begin
    if not by_page or array_remove(observers, observers[1]) <> '{}' then
        return (
            select array_agg(row(o.*)::fax.observed_page order by o.page)
            from (
                select
                    a.page,
                    max(a.attempt) as attempts,
                    min(a.first_seen_at) as first_seen_at,
                    max(a.last_seen_at) as last_seen_at,
                    min(min(a.first_seen_at)) over (order by a.page desc rows between unbounded preceding and 1 preceding) as next_seen_at,
                    min(a.first_measured_at) as first_measured_at,
                    max(a.bad_lines) filter (where a.kept) as bad_lines,
                    coalesce(sum(a.bad_lines) filter (where not a.kept),
                             case when count(a.bad_lines) filter (where a.kept) > 0 then 0 end) as bad_lines_discarded,
                    (array_agg(a.data_rate order by a.attempt desc) filter (where a.data_rate is not null))[1] as data_rate,
                    (array_agg(a.y_resolution order by a.attempt desc) filter (where a.y_resolution is not null))[1] as y_resolution
                from fax.attempts_at_pages($1, $2, $3, $4, $5, $6, $7, $8) a
                group by a.page
            ) o
        );
    end if;
    for i in reverse coalesce(cardinality(moments), 0)..1 loop
        -- most snapshots are like the one before
        if page_numbers[i] = number and bad_lines[i] = lines and data_rates[i] = rate and y_resolutions[i] = resolution
           and measured_at is not null then
            last := i;
            continue;
        end if;
        continue when page_numbers[i] is null or page_numbers[i] < number;
        if number is null or page_numbers[i] > number then
            if number is not null then
                pages := array_append(pages, row(
                    number, sent, first_at, moments[last], moments[i], measured_at, lines,
                    coalesce(discarded, case when lines is not null then 0 end), rate, resolution)::fax.observed_page);
            end if;
            number := page_numbers[i];
            sent := 1;
            first_at := moments[i];
            measured_at := null;
            discarded := null;
            rate := null;
            resolution := null;
        elsif bad_lines[i] < lines then
            sent := sent + 1;
            discarded := coalesce(discarded, 0) + lines;
        end if;
        last := i;
        lines := bad_lines[i];
        if measured_at is null and measured[i] then
            measured_at := moments[i];
        end if;
        rate := coalesce(data_rates[i], rate);
        resolution := coalesce(y_resolutions[i], resolution);
    end loop;
    if number is not null then
        pages := array_append(pages, row(
            number, sent, first_at, moments[last], null, measured_at, lines,
            coalesce(discarded, case when lines is not null then 0 end), rate, resolution)::fax.observed_page);
    end if;
    return pages;
end
$$;
