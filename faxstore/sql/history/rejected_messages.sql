-- grain: one message of the wire, or part of one, that could not be understood
-- example: select observed_at, server, reason from fax.rejected_messages order by observed_at desc limit 20;
create view fax.rejected_messages as
select server, observed_at, reason, raw, collector_id
from fax.rejected_message;

comment on view fax.rejected_messages is 'Messages that could not be understood, whole or in part; nothing of the wire is thrown away.';
comment on column fax.rejected_messages.server is 'Name of the server in the settings.';
comment on column fax.rejected_messages.observed_at is 'When it came, by the observer''s clock.';
comment on column fax.rejected_messages.reason is 'What is wrong with it.';
comment on column fax.rejected_messages.raw is 'The message as it came (personal); bytes that are not UTF-8 and NUL written \xNN.';
comment on column fax.rejected_messages.collector_id is 'Who observed it.';
