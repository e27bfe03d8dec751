-- The estimated lines of a page: A4 (0.297 m) at a vertical resolution in pixels per metre.
-- No AMI message reports the length of a page.
-- example: select fax.page_lines(3850);
create function fax.page_lines(y_resolution integer) returns numeric
language sql immutable parallel safe
as $$
    select case when y_resolution > 0 then 0.297 * y_resolution end
$$;
