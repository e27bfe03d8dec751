-- What a log entry has of the session of its row, with the salt of its personal values: NULL if there is none.
select s.session_id::text, s.server, s.epoch_id, s.session_number, k.salt
from fax.session s
left join fax.session_salt k on k.session_id = s.session_id
where s.session_id = any (%s::uuid[])
