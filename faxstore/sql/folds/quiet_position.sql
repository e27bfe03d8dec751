-- The last position of the rows that were appended at least a number of seconds ago, by the database's clock; 0 if none
-- was.
-- example: select fax.quiet_position(300);
create function fax.quiet_position(seconds double precision) returns bigint
language sql stable parallel safe
begin atomic
    select coalesce((
        select b.last_position
        from fax.append_batch b
        where b.appended_at <= clock_timestamp() - seconds * interval '1 second'
        order by b.last_position desc
        limit 1
    ), 0);
end;
