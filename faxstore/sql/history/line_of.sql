-- The number, from 0, of the first line of a part whose digest, and those of the lines after it, are the wanted ones
-- (4 bytes each); NULL if no lines are. A match that begins within a digest is none.
-- example: select fax.line_of('\x0000000100000002', '\x00000002');
create function fax.line_of(digests bytea, wanted bytea) returns integer
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    start integer := position(wanted in digests);
    skipped integer := 0;
begin
    while start > 0 and (start - 1) % 4 <> 0 loop
        digests := substring(digests from start - (start - 1) % 4 + 4);
        skipped := skipped + (start - 1) / 4 + 1;
        start := position(wanted in digests);
    end loop;
    return case when start > 0 then skipped + (start - 1) / 4 end;
end
$$;
