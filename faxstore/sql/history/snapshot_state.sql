-- The state of a snapshot whose words are stored as a number (fax.snapshot_words). NULL if not reported.
-- example: select fax.snapshot_state(211::smallint);
create function fax.snapshot_state(words smallint) returns text
language sql immutable parallel safe
begin atomic
    select case words / 10 % 10
        when 1 then 'Active' when 2 then 'Complete' when 3 then 'Open' when 4 then 'Initialized' when 5 then 'Uninitialized' end;
end;
