-- grain: one job, without personal values
-- example: select first_attempt_at, attempts, result_text from fax.jobs_masked where server = 'pbx1' and not succeeded;
select fax.make_masked_view('jobs', 'last_session_id', 'distinct_files');

comment on view fax.jobs_masked is 'One job as in fax.jobs, without personal values: masked as in fax.sessions_masked.';
