-- Operation, state and session type of a snapshot as a number of three digits, one per value, 0 for NULL: 211 is receive,
-- Active, G.711. NULL for other events, and if one of the values is none of the usual ones.
-- fax.snapshot_operation(), fax.snapshot_state() and fax.snapshot_type() return the values.
-- example: select fax.snapshot_words('FAXSession', 'receive', 'Active', 'G.711');
create function fax.snapshot_words(event text, operation text, state text, session_type text) returns smallint
language sql immutable parallel safe
begin atomic
    select case when event = 'FAXSession' then (
        100 * case when operation is null then 0 when operation = 'send' then 1 when operation = 'receive' then 2
                   when operation = 'gateway' then 3 when operation = 'V.21' then 4 when operation = 'none' then 5 end
        + 10 * case when state is null then 0 when state = 'Active' then 1 when state = 'Complete' then 2
                    when state = 'Open' then 3 when state = 'Initialized' then 4 when state = 'Uninitialized' then 5 end
        + case when session_type is null then 0 when session_type = 'G.711' then 1 when session_type = 'T.38' then 2
               when session_type = 'none' then 3 end
    )::smallint end;
end;
