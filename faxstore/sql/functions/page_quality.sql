-- The quality class of a page as spandsp judges it (t30.c, copy_quality): under 5 % bad lines good, under 15 % poor.
-- The lines of a page are an estimate: an A4 page (0.297 m) at its resolution.
-- example: select fax.page_quality(60, 3850);
create function fax.page_quality(bad_lines integer, y_resolution integer) returns text
language sql immutable parallel safe
as $$
    select case
        when bad_lines is null or coalesce(y_resolution, 0) <= 0 then null
        when bad_lines < 0.05 * 0.297 * y_resolution then 'good'
        when bad_lines < 0.15 * 0.297 * y_resolution then 'poor'
        else 'bad'
    end
$$;

comment on function fax.page_quality(integer, integer) is 'good, poor or bad by the share of bad lines in an A4 page at a vertical resolution (pixels per metre), an estimate; NULL where bad lines are not measurable.';
