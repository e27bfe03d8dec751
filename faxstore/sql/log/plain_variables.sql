-- The channel variables in VarSet and ChanVariable that are not personal. Every variable not listed here counts as
-- personal.
-- example: select fax.plain_variables();
create function fax.plain_variables() returns text[]
language sql immutable parallel safe
as $$
    select array['FAXBITRATE', 'FAXERROR', 'FAXMODE', 'FAXPAGES', 'FAXRESOLUTION', 'FAXSTATUS', 'FAXSTATUSSTRING']
$$;
