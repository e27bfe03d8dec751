-- grain: one message, or part of one, that faxstore could not parse
-- example: select observed_at, server, reason from fax.rejected_messages order by observed_at desc limit 20;
create view fax.rejected_messages as
select
    server,  -- Name of the server in the settings.
    observed_at,  -- When the message arrived, by the observer's clock.
    reason,  -- Why it was rejected. Contains nothing from the message.
    raw,  -- The message as received (personal). NUL and bytes that are not UTF-8 appear as \xNN.
    collector_id  -- Collector that observed it.
from fax.rejected_message;

comment on view fax.rejected_messages is 'Messages, whole or in part, that faxstore could not parse.';
