-- The session type of a snapshot whose words are stored as a number (fax.snapshot_words). NULL if not reported.
-- example: select fax.snapshot_type(211::smallint);
create function fax.snapshot_type(words smallint) returns text
language sql immutable parallel safe
begin atomic
    select case words % 10 when 1 then 'G.711' when 2 then 'T.38' when 3 then 'none' end;
end;
