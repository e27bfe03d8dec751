-- grain: one message, or part of one, that faxstore could not parse
-- example: select observed_at, server, reason from fax.rejected_messages order by observed_at desc limit 20;
create view fax.rejected_messages as
select server, observed_at, reason, raw, collector_id
from fax.rejected_message;

comment on view fax.rejected_messages is 'Messages, whole or in part, that faxstore could not parse.';
comment on column fax.rejected_messages.server is 'Name of the server in the settings.';
comment on column fax.rejected_messages.observed_at is 'When the message arrived, by the observer''s clock.';
comment on column fax.rejected_messages.reason is 'Why it was rejected.';
comment on column fax.rejected_messages.raw is 'The message as received (personal). NUL and bytes that are not UTF-8 appear as \xNN.';
comment on column fax.rejected_messages.collector_id is 'Collector that observed it.';
