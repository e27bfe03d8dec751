-- The quality class of a page by its bad lines and vertical resolution, with the limits in fax.quality_class.
-- example: select fax.page_quality(60, 3850);
create function fax.page_quality(bad_lines integer, y_resolution integer) returns text
language sql stable parallel safe
begin atomic
    select q.quality
    from fax.quality_class q
    where bad_lines < coalesce(q.bad_line_ratio_below, 'infinity') * fax.page_lines(y_resolution)
    order by q.bad_line_ratio_below
    limit 1;
end;
