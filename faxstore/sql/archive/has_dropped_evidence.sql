-- Whether rows that prove polls of a day (UTC) may be in files only: those of sessions that started on it, or up to two
-- hours before it. The stored coverage of such a day stays as it is.
-- example: select fax.has_dropped_evidence('2025-12-24');
create function fax.has_dropped_evidence(of_day date) returns boolean
language sql stable parallel safe
begin atomic
    select exists (
        select from fax.dropped_month m where of_day >= m.month and of_day <= (m.month + interval '1 month')::date);
end;
