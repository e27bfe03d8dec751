-- The headers of a message that are no personal values; Value is one of them where it is of a plain channel variable
-- (VarSet). Whatever is not known is personal.
-- example: select fax.plain_headers('FAXSTATUS');
create function fax.plain_headers(variable text) returns text[]
language sql immutable parallel safe
as $$
    select array[
        'AccountCode', 'ActionID', 'Application', 'ChannelState', 'ChannelStateDesc', 'Context', 'DataRate',
        'ErrorCorrectionMode', 'ImageResolution', 'Language', 'Linkedid', 'Operation', 'PageNumber', 'PagesReceived',
        'PagesTransferred', 'PagesTransmitted', 'Priority', 'Privilege', 'Resolution', 'SessionNumber', 'SessionType',
        'State', 'Status', 'SystemName', 'Technology', 'Timestamp', 'TotalBadLines', 'TransferRate', 'Uniqueid', 'Variable',
        case when variable in ('FAXBITRATE', 'FAXERROR', 'FAXMODE', 'FAXPAGES', 'FAXRESOLUTION', 'FAXSTATUS', 'FAXSTATUSSTRING')
             then 'Value' end]
$$;

comment on function fax.plain_headers(text) is 'The headers of a message that are no personal values, given the channel variable that it tells; what is not known is personal.';
