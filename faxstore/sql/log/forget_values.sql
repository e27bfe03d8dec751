-- Deletes the values of pseudonyms (fax.pseudonym) that no fax has but these, which are about to be erased. Reads the whole
-- history once.
-- example: select fax.forget_values('{}');
create function fax.forget_values(of_sessions uuid[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update fax.pseudonym p
    set value = null
    where p.value is not null
      and p.pseudonym <> all (array(
          select distinct h.pseudonym
          from fax.sessions s
          cross join lateral fax.file_set(s.file_names) f (file_set)
          cross join lateral (values
              ('job', fax.job_subject(s.direction, s.called_number, s.caller_number, f.file_set)),
              ('peer', fax.peer(s.direction, s.remote_station_id, s.caller_number, s.called_number))
          ) v (kind, value)
          join fax.pseudonym h on h.kind = v.kind and h.value = v.value
          where s.session_id <> all (of_sessions)));
end
$$;
