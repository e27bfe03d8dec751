-- The text of a channel variable as it was before Asterisk wrote it into VarSet or ChanVariable: those escape quotes and
-- backslashes as C does (manager_channels.c, ast_escape_c_alloc). Line ends and other control characters stay escaped.
-- example: select fax.unescaped('incompatible \''modems\'' and \''minrate\'' settings');
create function fax.unescaped(value text) returns text
language sql immutable parallel safe
as $$
    select regexp_replace(value, '\\([''"?\\])', '\1', 'g')
$$;

comment on function fax.unescaped(text) is 'The text of a channel variable without the backslashes that Asterisk puts before quotes and backslashes.';
