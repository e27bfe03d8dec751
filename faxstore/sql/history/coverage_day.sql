-- grain: one UTC day of one server whose time with good polls is stored
-- example: select day, until, covered from fax.coverage_day where server = 'pbx1' order by day;
-- fax.write_coverage() stores it, and new evidence of the day deletes it, in the same transaction.
create table fax.coverage_day (
    server  text not null,  -- Name of the server in the settings.
    day     date not null,  -- The day, in UTC.
    until   timestamptz not null,  -- End of the stored part: the end of the day, or a full hour of a day that is not over.
    covered tstzmultirange not null,  -- Time with good polls from the start of the day to until, as fax.polled_time() computes it.
    primary key (server, day)
);

comment on table fax.coverage_day is 'Stored coverage of one day of a server, so that gaps need not be computed again from each poll. Can be deleted at any time; it is written again.';
