-- The result of a fax by FAXSTATUS and FAXERROR as res_fax set them: success or failed; unknown if it was not on the
-- wire. NATIVE_T38 (no gateway necessary) is a success.
-- example: select fax.result('FAILED', 'HANGUP');
create function fax.result(status text, error text) returns text
language sql immutable parallel safe
begin atomic
    select case
        when error = 'NATIVE_T38' or status = 'SUCCESS' then 'success'
        when status = 'FAILED' then 'failed'
        else 'unknown'
    end;
end;
