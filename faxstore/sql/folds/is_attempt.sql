-- Whether a server's TransmitAttempts and ReceiveAttempts count a session: a run of SendFAX or ReceiveFAX with valid
-- arguments (res_fax.c, sendfax_exec and receivefax_exec; the recording failures-22).
-- example: select count(*) from fax.sessions where fax.is_attempt(operation, result_error);
create function fax.is_attempt(operation text, error text) returns boolean
language sql immutable parallel safe
as $$
    select (operation is null or operation in ('send', 'receive'))
           and coalesce(error not in ('INVALID_ARGUMENTS', 'NATIVE_T38'), true)
$$;
