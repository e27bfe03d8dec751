-- The headers of fax.server_history that figures read. An erasure leaves them unchanged.
-- example: select fax.figure_headers();
create function fax.figure_headers() returns text[]
language sql immutable parallel safe
as $$
    select array[
        'Module', 'Status', 'Uptime', 'TransmitAttempts', 'ReceiveAttempts', 'CompletedFAXes', 'FailedFAXes', 'LastPolled',
        'Previous', 'From', 'To', 'Records']
$$;
