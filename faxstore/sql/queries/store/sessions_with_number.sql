-- grain: one session of which a personal value holds a number: its digits, not within more digits
with told as (
    select s.session_id
    from fax.session s
    where translate(s.channel, ' ()/.-', '') ~ ('(^|\D)' || %(digits)s || '(\D|$)')
    union
    select h.session_id
    from fax.session_history h
    where translate(concat_ws('|', h.file_name, fax.personal_details(h.details)::text), ' ()/.-', '')
          ~ ('(^|\D)' || %(digits)s || '(\D|$)')
)
select s.session_id, s.server, s.started_at, s.is_open
from fax.session s
where s.session_id in (select t.session_id from told t)
order by s.started_at, s.session_id
