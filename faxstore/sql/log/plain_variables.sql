-- The channel variables that are no personal values, in VarSet and in ChanVariable. Whatever is not known is personal.
-- example: select fax.plain_variables();
create function fax.plain_variables() returns text[]
language sql immutable parallel safe
as $$
    select array['FAXBITRATE', 'FAXERROR', 'FAXMODE', 'FAXPAGES', 'FAXRESOLUTION', 'FAXSTATUS', 'FAXSTATUSSTRING']
$$;

comment on function fax.plain_variables() is 'The channel variables that are no personal values; what is not known is personal.';
