-- What stands in the log for a personal value: SHA-256 of the salt of its session, its name, = and the value.
-- Empty: there is no salt, so the row cannot be as it was sealed. NULL: no value.
-- example: select fax.personal_digest(sha256('salt'), 'file_name', '/fax/1.tif');
create function fax.personal_digest(salt bytea, name text, value text) returns bytea
language sql immutable parallel safe
as $$
    select case when value is not null then coalesce(sha256(salt || convert_to(name || '=' || value, 'UTF8')), '') end
$$;

comment on function fax.personal_digest(bytea, text, text) is 'The salted digest that stands in the log for a personal value.';
