-- grain: one UTC day of one server with FAXStats readings
-- example: select server, day from fax.reconciliation_day where since is null order by day;
-- fax.write_reconciliation() stores the comparisons of a finished day. What may change one of them deletes those of its
-- day in the same transaction (fax.forget_reconciliation), and they are written again.
create table fax.reconciliation_day (
    server text not null,  -- Name of the server in the settings.
    day    date not null,  -- The day, in UTC.
    since  timestamptz,  -- The stored comparisons of the day depend on what happened after this moment, until the end of the day; -infinity if one of its collectors has no earlier reading. NULL if none are stored: fax.reconciliation computes them.
    primary key (server, day)
);

create index reconciliation_day_computed on fax.reconciliation_day (server, day) where since is null;

comment on table fax.reconciliation_day is 'Days with readings of a server''s counters, and whether fax.compared_reading has their rows of fax.reconciliation.';
