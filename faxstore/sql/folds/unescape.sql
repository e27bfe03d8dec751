-- Removes the escapes that Asterisk adds to a channel variable in VarSet and ChanVariable: a backslash before quotes
-- and backslashes (manager_channels.c, ast_escape_c_alloc). Line ends and other control characters remain escaped.
-- example: select fax.unescape('incompatible \''modems\'' and \''minrate\'' settings');
create function fax.unescape(value text) returns text
language sql immutable parallel safe
as $$
    select regexp_replace(value, '\\([''"?\\])', '\1', 'g')
$$;
