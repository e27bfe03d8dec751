-- The tables of which no row is ever changed.
select fax.protect(name)
from unnest(array['session_history', 'session_history_default', 'append_batch', 'server_history', 'rejected_message']) as name;
