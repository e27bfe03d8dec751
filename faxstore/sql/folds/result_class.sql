-- The class of a result from FAXSTATUS, FAXERROR and FAXSTATUSSTRING, as in Asterisk's `fax show stats`.
-- spandsp's texts are classed as in res_fax_spandsp.c, update_stats; then FAXERROR as set by res_fax.c. NATIVE_T38 (no
-- gateway necessary) is not a failure. Any other text is unknown_error.
-- example: select fax.result_class('FAILED', 'HANGUP', 'The call dropped prematurely');
create function fax.result_class(status text, error text, status_text text) returns text
language sql immutable parallel safe
as $$
    select case
        when error = 'NATIVE_T38' then 'success'
        when nullif(status, '') is null then null
        when status = 'SUCCESS' then 'success'
        when status_text in (
            'The CED tone exceeded 5s',
            'Timed out waiting for initial communication',
            'Timed out waiting for the first message',
            'Timed out waiting for procedural interrupt',
            'The HDLC carrier did not stop in a timely manner',
            'Failed to train with any of the compatible modems'
        ) then 'failed_to_train'
        when status_text in (
            'Operator intervention failed',
            'Far end is not compatible',
            'Far end is not able to receive',
            'Far end is not able to transmit',
            'Far end cannot receive at the resolution of the image',
            'Far end cannot receive at the size of image',
            'Poll not accepted',
            'Ident not accepted',
            'Polled sub-address not accepted',
            'Selective polling address not accepted',
            'Sender identification not accepted',
            'Password not accepted',
            'Sub-address not accepted',
            'Transmitting subscriber internet address not accepted',
            'Internet routing address not accepted',
            'Calling subscriber internet address not accepted',
            'Internet selective polling address not accepted',
            'Called subscriber internet address not accepted'
        ) then 'neg_failed'
        when status_text in (
            'Unexpected message received'
        ) then 'protocol_error'
        when status_text in (
            'Received bad response to DCS or training',
            'Received a DCN from remote after sending a page',
            'Invalid ECM response received from receiver',
            'Received a DCN while waiting for a DIS',
            'Invalid response after sending a page',
            'Received other than DIS while waiting for DIS',
            'Received no response to DCS or TCF',
            'No response after sending a page',
            'Timed out waiting for receiver ready (ECM mode)'
        ) then 'tx_protocol_error'
        when status_text in (
            'Invalid ECM response received from transmitter',
            'DCS received while waiting for DTC',
            'Unexpected command after page received',
            'Carrier lost during fax receive',
            'Timed out while waiting for EOL (end Of line)',
            'Timer T2 expired while waiting for DCN',
            'Timer T2 expired while waiting for phase D',
            'Timer T2 expired while waiting for fax page',
            'Timer T2 expired while waiting for next fax page',
            'Timer T2 expired while waiting for RR command',
            'Timer T2 expired while waiting for NSS, DCS or MCF',
            'Unexpected DCN while waiting for DCS or DIS',
            'Unexpected DCN while waiting for image data',
            'Unexpected DCN while waiting for EOM, EOP or MPS',
            'Unexpected DCN after EOM or MPS sequence',
            'Unexpected DCN after RR/RNR sequence',
            'Unexpected DCN after requested retransmission'
        ) then 'rx_protocol_error'
        when status_text in (
            'Timed out while waiting for first line'
        ) then 'nofax'
        when status_text in (
            'TIFF/F file cannot be opened',
            'TIFF/F page not found',
            'TIFF/F format is not compatible',
            'TIFF/F page number tag missing',
            'Incorrect values for TIFF/F tags',
            'Bad TIFF/F header - incorrect values in fields'
        ) then 'file_error'
        when status_text in (
            'Cannot allocate memory for more pages'
        ) then 'mem_error'
        when status_text in (
            'Disconnected after permitted retries'
        ) then 'retries_exceeded'
        when status_text in (
            'The call dropped prematurely'
        ) then 'call_dropped'
        when error in ('HANGUP') then 'call_dropped'
        when error in ('INIT_ERROR', 'INVALID_ARGUMENTS', 'T38_NEG_ERROR', 'Channel Problems') then 'neg_failed'
        when error in ('FILE_ERROR') then 'file_error'
        when error in ('MEMORY_ERROR') then 'mem_error'
        else 'unknown_error'
    end
$$;
