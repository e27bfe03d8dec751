-- grain: one session with a personal value that contains a number: its digits, not as part of a longer number
with found as (
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
where s.session_id in (select t.session_id from found t)
order by s.started_at, s.session_id
