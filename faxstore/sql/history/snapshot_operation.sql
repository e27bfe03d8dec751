-- The operation of a snapshot whose words are stored as a number (fax.snapshot_words). NULL if not reported.
-- example: select fax.snapshot_operation(211::smallint);
create function fax.snapshot_operation(words smallint) returns text
language sql immutable parallel safe
begin atomic
    select case words / 100
        when 1 then 'send' when 2 then 'receive' when 3 then 'gateway' when 4 then 'V.21' when 5 then 'none' end;
end;
