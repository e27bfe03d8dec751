-- grain: one session with a personal value that contains a number: its digits, not as part of a longer number
-- Escaped characters (\x00 in text, \u0001 in JSON) are no digits of a number.
with found as (
    select s.session_id
    from fax.session s
    where translate(regexp_replace(s.channel, '\\x[0-9a-f]{2}', '|', 'g'), E' \u00a0()/.-', '')
          ~ ('(^|\D)' || %(digits)s || '(\D|$)')
    union
    select h.session_id
    from fax.session_history h
    where translate(regexp_replace(concat_ws('|', h.file_name, fax.personal_details(h.details)::text),
                                   '\\(x[0-9a-f]{2}|u[0-9a-f]{4})', '|', 'g'), E' \u00a0()/.-', '')
          ~ ('(^|\D)' || %(digits)s || '(\D|$)')
)
select s.session_id, s.server, s.started_at, s.is_open
from fax.session s
where s.session_id in (select t.session_id from found t)
order by s.started_at, s.session_id
