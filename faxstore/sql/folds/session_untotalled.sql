-- grain: one session without a row in fax.session_total
-- example: select count(*) from fax.session_untotalled;
-- Each session is in one of the two tables. The views fold the rows of the sessions in this one.
-- A short table instead of a column of fax.session: an UPDATE of that table for each total would double its size.
create table fax.session_untotalled (
    session_id uuid primary key,  -- The session (fax.session).
    started_at timestamptz not null,  -- As in fax.session.
    server     text not null  -- As in fax.session, so that the views find the sessions of a server.
)
-- Its rows come and go.
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

create index session_untotalled_started on fax.session_untotalled (started_at);

comment on table fax.session_untotalled is 'Sessions without a total (fax.session_total): new ones, those with a row in the last few minutes, and those whose total was removed.';
