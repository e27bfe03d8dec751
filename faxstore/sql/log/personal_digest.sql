-- The digest that represents a personal value in the log: SHA-256 of the salt of its session, its name, = and the
-- value.
-- NULL if there is no value. Empty if there is no salt; then the row cannot match what was sealed.
-- example: select fax.personal_digest(sha256('salt'), 'file_name', '/fax/1.tif');
create function fax.personal_digest(salt bytea, name text, value text) returns bytea
language sql immutable parallel safe
as $$
    select case when value is not null then coalesce(sha256(salt || convert_to(name || '=' || value, 'UTF8')), '') end
$$;
