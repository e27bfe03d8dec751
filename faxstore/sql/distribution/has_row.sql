-- Whether a pack contains a row, equal byte by byte.
-- example: select fax.has_row(p.rows, p.rows[1]) from fax.session_pack p where session_id = '…';
create or replace function fax.has_row(packed fax.observation[], one fax.observation) returns boolean
language sql immutable parallel safe
as $$
    select exists (
        select from unnest(packed) r where r.position = (one).position and record_image_eq(row(r.*), row((one).*)))
$$;
