-- The class of a result, named as Asterisk's own `fax show stats` does (res_fax_spandsp.c, update_stats),
-- from FAXSTATUS, FAXERROR and FAXSTATUSSTRING. Text that is in none of its classes is unknown_error.
-- example: select fax.result_class('FAILED', 'HANGUP', 'The call dropped prematurely');
create function fax.result_class(status text, error text, status_text text) returns text
language sql immutable parallel safe
as $$
    select case
        when status is null then null
        when status = 'SUCCESS' then 'success'
        when reason in ('File_ERROR', 'FILE_ERROR') or reason ~ '(TIFF/F|[Ff]ile) ' then 'file_error'
        when reason = 'MEMORY_ERROR' then 'mem_error'
        when reason ~ 'call dropped|hungup|HANGUP|[Cc]arrier lost' then 'call_dropped'
        when reason ~ 'failed to train' then 'failed_to_train'
        when reason ~ '[Rr]etries' then 'retries_exceeded'
        when reason ~ '[Nn]o fax|not a fax|No response|timed out waiting for initial' then 'nofax'
        when reason ~ 'incompatible|not compatible|T38_NEG|INIT_ERROR|INVALID_ARGUMENTS|Far end (is not|cannot)' then 'neg_failed'
        when reason ~ '[Uu]nexpected|[Ii]nvalid|[Dd]isconnected' then 'protocol_error'
        else 'unknown_error'
    end
    from (select coalesce(nullif(status_text, ''), nullif(error, ''), '') as reason) r
$$;

comment on function fax.result_class(text, text, text) is 'Class of a result by FAXSTATUS, FAXERROR and FAXSTATUSSTRING, named as in Asterisk''s fax show stats; NULL where there is no result.';
