-- The headers that are not personal. Every header not listed here counts as personal, also those of numbers: details
-- contains only a value that is no number, which may be anything.
-- example: select fax.plain_headers();
create function fax.plain_headers() returns text[]
language sql immutable parallel safe
as $$
    select array[
        'AccountCode', 'ActionID', 'Application', 'ChannelState', 'ChannelStateDesc', 'Context', 'Language', 'Linkedid',
        'Operation', 'Priority', 'Privilege', 'SessionType', 'State', 'Status', 'SystemName', 'Technology', 'Timestamp',
        'Uniqueid', 'Variable']
$$;
