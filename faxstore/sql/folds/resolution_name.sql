-- The name of a vertical resolution in pixels per metre: 3850 standard, 7700 fine, 15400 superfine (spandsp, t4_rx.h).
-- Each range is a few per cent wide because other libraries round differently (200 dots per inch are 7874).
-- example: select fax.resolution_name(7700);
create function fax.resolution_name(y_resolution integer) returns text
language sql immutable parallel safe
as $$
    select case
        when y_resolution between 3700 and 4000 then 'standard'
        when y_resolution between 7400 and 8000 then 'fine'
        when y_resolution between 14800 and 16000 then 'superfine'
    end
$$;
