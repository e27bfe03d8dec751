-- The headers that are not personal. Every header not listed here counts as personal.
-- example: select fax.plain_headers();
create function fax.plain_headers() returns text[]
language sql immutable parallel safe
as $$
    select array[
        'AccountCode', 'ActionID', 'Application', 'ChannelState', 'ChannelStateDesc', 'Context', 'DataRate',
        'ErrorCorrectionMode', 'ImageResolution', 'Language', 'Linkedid', 'Operation', 'PageNumber', 'PagesReceived',
        'PagesTransferred', 'PagesTransmitted', 'Priority', 'Privilege', 'Resolution', 'SessionNumber', 'SessionType',
        'State', 'Status', 'SystemName', 'Technology', 'Timestamp', 'TotalBadLines', 'TransferRate', 'Uniqueid', 'Variable']
$$;
