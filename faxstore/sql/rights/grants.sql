-- The rights of each role. Rows enter the history through fax.append() only.
grant usage on schema fax to fax_ingest, fax_reader, fax_sealer, fax_masked, fax_export, fax_billing;
revoke all on all functions in schema fax from public;

grant select, insert, delete on fax.recording_part, fax.waiting_record to fax_ingest;
grant insert on fax.reported_fax to fax_ingest;
grant insert on fax.server_history, fax.rejected_message to fax_ingest;
grant select (server, observed_at, digest, reason) on fax.rejected_message to fax_ingest;
grant select on
    fax.epoch, fax.session, fax.session_history, fax.observation, fax.session_pack, fax.session_untotalled, fax.collector,
    fax.append_batch, fax.append_batches, fax.spool_progress
to fax_ingest;
grant select (merged) on fax.usage_rollup to fax_ingest;
grant select (day, since) on fax.reconciliation_day to fax_ingest;
-- For its metrics.
grant select (session_id, server, direction, ended_at, pages, bad_lines, result, result_class) on fax.sessions to fax_ingest;
grant select (size, records, made_at) on fax.checkpoint to fax_ingest;
grant execute on function
    fax.lock_append(),
    fax.wait_for_packing(),
    fax.refuse_isolation(),
    fax.append(text, fax.appended_epoch[], fax.appended_session[], fax.appended_row[], uuid, bigint, bigint, bigint[]),
    fax.find_gone_sessions(uuid, timestamptz, bigint[]),
    fax.resolve_epoch(text, uuid, uuid, timestamptz, boolean, timestamptz, text, timestamptz, uuid, boolean),
    fax.is_watched(text, timestamptz),
    fax.line_of(bytea, bytea),
    fax.make_partitions_ahead(integer),
    fax.write_coverage(integer),
    fax.write_reconciliation(integer),
    fax.periods_to_pack(timestamptz),
    fax.pack_sessions(timestamptz, timestamptz, integer),
    fax.drop_packed_partitions(),
    fax.hold_lease(text, text, double precision),
    fax.newest_epoch(text, timestamptz, text, timestamptz),
    fax.stored_events(text[], timestamptz[], text[], text[], text[]),
    fax.last_on_channel(uuid, text, text, text, timestamptz),
    fax.runs_of_uniqueid(text, text, timestamptz),
    fax.adrift(uuid, text, timestamptz, text[]),
    fax.add_server_row(text, timestamptz, text, text, jsonb),
    fax.unseen_reload(text, timestamptz, text, timestamptz, text),
    fax.numbers_restarted(uuid, uuid[], text[], timestamptz, text),
    fax.write_totals(integer, double precision),
    fax.merge_rollups(integer)
to fax_ingest;

grant select on
    fax.session_history, fax.observation, fax.session_pack, fax.packed_account, fax.session, fax.epoch, fax.collector,
    fax.append_batch, fax.append_batches,
    fax.server_history, fax.coverage_day, fax.reading_series, fax.compared_reading, fax.reconciliation_day,
    fax.polled_servers, fax.session_rows, fax.session_snapshots, fax.session_events,
    fax.session_evidence, fax.page_attempts, fax.session_fold, fax.session_total, fax.session_untotalled, fax.folded_total,
    fax.session_uncounted, fax.usage_rollup, fax.reported_fax,
    fax.session_facts, fax.later_lives,
    fax.technology, fax.quality_class, fax.lease, fax.spool_progress,
    fax.sessions, fax.session_timeline, fax.session_pages, fax.session_rate_falls, fax.rejected_messages,
    fax.usage_daily, fax.peer_sessions, fax.quality_by_peer, fax.failures, fax.coverage_gaps, fax.reconciliation
to fax_reader;
grant execute on function
    fax.is_shown(boolean, bigint, bigint, boolean),
    fax.resolution_name(integer),
    fax.page_lines(integer),
    fax.direction(text),
    fax.result(text, text),
    fax.result_class(text, text, text),
    fax.channel_variable(jsonb, text),
    fax.dialled_number(text, text),
    fax.unescape(text),
    fax.reported_result(text[], text[], text[], timestamptz[], timestamptz, timestamptz),
    fax.result_by_observers(text[], text[], text[], timestamptz[], timestamptz, timestamptz),
    fax.attempts_at_pages(text[], timestamptz[], integer[], integer[], boolean[], integer[], integer[], boolean),
    fax.rate_falls(text[], timestamptz[], integer[], integer[]),
    fax.absent_since(text[], timestamptz[], bigint[], text[], timestamptz[], bigint[]),
    fax.observed_pages(text[], timestamptz[], integer[], integer[], boolean[], integer[], integer[], boolean),
    fax.poll_gap_seconds(fax.observed_page, timestamptz),
    fax.widest_poll_gap(fax.observed_page[], integer, timestamptz),
    fax.may_miss_bad_lines(fax.observed_page[], integer, timestamptz),
    fax.pages_of_total(timestamptz[], integer[], integer[], integer[], bigint[], integer[], integer[], integer, integer),
    fax.peer_id(text),
    fax.is_peer(text, text),
    fax.without_padding(text),
    fax.number_digits(text),
    fax.number_pattern(text),
    fax.without_escapes(text),
    fax.without_percent(text),
    fax.contains_number(text, text),
    fax.peer(text, text, text, text),
    fax.reported_time(jsonb, text),
    fax.counter(jsonb, text),
    fax.gap_reason(text, text),
    fax.last_poll_on_record(text, text, timestamptz, timestamptz),
    fax.dropped_time(timestamptz, jsonb),
    fax.polled_time(text, timestamptz, timestamptz),
    fax.covered_time(text, timestamptz, timestamptz),
    fax.has_gap(text, timestamptz, timestamptz),
    fax.gaps(text, timestamptz, timestamptz),
    fax.last_list_before(text, timestamptz),
    fax.is_attempt(text, text),
    fax.fax_of_detector(uuid, bigint, text, text, timestamptz),
    fax.usage(timestamp, timestamp, text, text),
    fax.buckets(timestamptz, timestamptz, text, text),
    fax.uncounted_results(timestamptz, timestamptz),
    fax.reported_servers()
to fax_reader, fax_ingest, fax_masked;
grant execute on function fax.rows_between(bigint, bigint) to fax_reader, fax_ingest, fax_sealer;
grant execute on function fax.rows_with_sessions(bigint, bigint) to fax_reader, fax_sealer;
grant execute on function fax.changed_appends(timestamptz, timestamptz), fax.known_accounts(), fax.first_start(text) to fax_reader;
grant execute on function fax.uncovered_days(timestamptz) to fax_reader, fax_ingest;
grant execute on function fax.snapshot_operation(smallint), fax.snapshot_state(smallint), fax.snapshot_type(smallint)
to fax_reader, fax_ingest, fax_sealer, fax_masked;
grant execute on function
    fax.restarted_at(text, timestamptz, timestamptz),
    fax.quiet_position(double precision),
    fax.quality(timestamp, timestamp, text),
    fax.sessions_in_gap(text, timestamptz, timestamptz),
    fax.compare_readings(text, timestamptz, jsonb, timestamptz, jsonb),
    fax.compare_readings_between(text, timestamptz, timestamptz),
    fax.reconcile(text, timestamptz, timestamptz),
    fax.reconciliation_between(text, timestamptz, timestamptz)
to fax_reader, fax_ingest;

-- Months in files.
grant select on fax.dropped_month, fax.dropped_session to fax_reader, fax_ingest, fax_sealer, fax_masked;
grant select on fax.archive_file to fax_reader, fax_sealer, fax_masked;
grant select on fax.month_change to fax_reader, fax_sealer;
grant select on fax.dropped_leaf to fax_sealer;
grant execute on function fax.has_dropped_evidence(date) to fax_sealer;

-- The log. Only fax_sealer reads salts.
grant select on
    fax.session_history, fax.observation, fax.session_pack, fax.session, fax.epoch, fax.collector, fax.append_batch,
    fax.append_batches, fax.erased_digest, fax.erasure, fax.log_leaves
to fax_sealer;
grant select, insert on fax.checkpoint, fax.log_subtree, fax.log_run, fax.log_record, fax.session_salt to fax_sealer;
grant select, delete on fax.unsealed_change to fax_sealer;
grant select on
    fax.server_history, fax.coverage_day, fax.technology, fax.quality_class, fax.job_window, fax.rate, fax.rate_change, fax.export_batch,
    fax.export_delivery, fax.erased_key
to fax_sealer;
grant select (server, observed_at, digest, collector_id, reason, ordinal) on fax.rejected_message to fax_sealer;
grant select on
    fax.checkpoint, fax.log_subtree, fax.log_run, fax.log_record, fax.unsealed_change, fax.erased_digest, fax.erasure, fax.log_leaves, fax.sessions_masked
to fax_reader;
grant execute on function
    fax.plain_headers(),
    fax.plain_variables(),
    fax.personal_details(jsonb),
    fax.plain_details(jsonb),
    fax.personal_digest(bytea, text, text),
    fax.log_entry(bigint, uuid, text, uuid, bigint, timestamptz, timestamptz, text, text, text, text, text, boolean, integer, integer, integer, integer, integer, integer, integer, jsonb, bytea, bytea)
to fax_sealer, fax_reader;
grant execute on function
    fax.lock_log(), fax.gap_reason(text, text), fax.wrong_totals(timestamptz, timestamptz),
    fax.wrong_rollups(timestamptz, timestamptz), fax.wrong_reconciliation(timestamptz, timestamptz)
to fax_sealer;
-- Verification computes stored coverage again.
grant execute on function
    fax.polled_time(text, timestamptz, timestamptz),
    fax.dropped_time(timestamptz, jsonb),
    fax.reported_time(jsonb, text),
    fax.last_poll_on_record(text, text, timestamptz, timestamptz)
to fax_sealer;

-- What contains no personal values.
grant select on
    fax.sessions_masked, fax.session_pages, fax.session_rate_falls, fax.session_timeline, fax.usage_daily, fax.failures,
    fax.epoch, fax.append_batch, fax.append_batches, fax.server_history, fax.coverage_day, fax.technology, fax.quality_class, fax.checkpoint
to fax_masked;
grant execute on function fax.masked(text), fax.has_account(text) to fax_reader, fax_masked;
-- What a command needs to find a session by its id, and to know every server.
grant select (session_id, started_at) on fax.session to fax_masked;
grant select (server) on fax.rejected_messages, fax.reported_fax to fax_masked;

-- Jobs. The masked view runs fax.jobs_of() with the rights of its user.
grant select on fax.job_window, fax.job_attempts, fax.jobs, fax.jobs_masked to fax_reader;
grant select on fax.job_window, fax.jobs_masked to fax_masked;
grant execute on function fax.file_set(text[]), fax.sorted_names(text[]), fax.job_subject(text, text, text, text[]) to fax_reader, fax_masked;
grant execute on function fax.jobs_of(fax.job_attempts[], numeric) to fax_reader, fax_masked;
grant execute on function fax.jobs_between(timestamptz, timestamptz, text[]) to fax_reader;

-- The billing ledger. Lines and batches enter through functions only.
grant select on
    fax.export_batch, fax.export_line, fax.export_sums, fax.export_delivery, fax.export_pending, fax.sealed_batches
to fax_reader, fax_export;
grant select on fax.exportable_faxes to fax_reader;
grant select (made_at) on fax.checkpoint to fax_export;
grant execute on function
    fax.text_digest(text[]),
    fax.export_personal_digest(fax.export_line),
    fax.export_line_digest(fax.export_line),
    fax.export_changes(fax.export_line, fax.export_line),
    fax.export_as_of(text, bigint, timestamp, timestamp, text)
to fax_reader, fax_export;
grant execute on function
    fax.export_due(text, boolean),
    fax.begin_export_batch(text, boolean),
    fax.end_export_batch(text, text, integer, bytea),
    fax.export_delivered(text, bigint)
to fax_export;

-- Prices and charges.
grant select, insert, delete, update (valid_to) on fax.rate to fax_billing;
grant execute on function
    fax.set_rate(text, text, text, text, text, numeric, integer, numeric, integer, numeric, numeric, text, text, text, text, timestamptz)
to fax_billing;
grant select on fax.rate, fax.rate_change to fax_reader, fax_billing;
grant select on fax.session_charges to fax_reader;
grant execute on function
    fax.minor_digits(text),
    fax.rate_scope(text, text, text, text),
    fax.rate_amounts(fax.rate)
to fax_reader, fax_billing;
