-- Drops everything in the schema fax. Refuses if that would lose a history, a log, a billing ledger or rates: to discard
-- those, drop the database.
do $$
begin
    if exists (select from fax.export_batch) then
        raise exception 'downgrade refused: it would drop a billing ledger that is not empty';
    elsif exists (select from fax.checkpoint) or exists (select from fax.erasure) then
        raise exception 'downgrade refused: it would drop a log that is not empty';
    elsif exists (select from fax.session_history) or exists (select from fax.server_history)
       or exists (select from fax.rejected_message) then
        raise exception 'downgrade refused: it would drop a history that is not empty';
    elsif exists (select from fax.reported_fax) then
        raise exception 'downgrade refused: it would drop faxes that other systems reported (fax.reported_fax)';
    elsif exists (select from fax.rate) or exists (select from fax.rate_change) then
        raise exception 'downgrade refused: it would drop rates (fax.rate) that are not empty';
    end if;
end
$$;

-- Trigger functions, with their triggers.
drop function fax.forget_coverage_of_server, fax.follow_readings, fax.refuse_export_line_change, fax.seal_export_line, fax.check_rejected_erasure, fax.check_server_erasure,
    fax.check_reason_erasure, fax.check_erasure, fax.check_packed, fax.check_dropped, fax.check_deleted, fax.check_pack, fax.check_rate,
    fax.record_change, fax.order_rows, fax.record_rate_change, fax.follow_session, fax.follow_technology, fax.count_totals, fax.refuse_change cascade;

-- The billing ledger.
drop function fax.export_as_of, fax.export_delivered, fax.end_export_batch, fax.begin_export_batch, fax.export_due,
    fax.export_changes, fax.erase_export_lines, fax.export_line_digest, fax.export_personal_digest,
    fax.text_digest;
drop view fax.export_sums, fax.sealed_batches;
drop table fax.export_delivery, fax.export_pending, fax.export_line, fax.export_batch;
drop view fax.exportable_faxes;

-- The log.
drop view fax.log_leaves;
drop function fax.erase_number, fax.erase_number_in_parts, fax.find_number, fax.places_of_erasure, fax.places_of_number, fax.figure_headers, fax.erase_reader_state,
    fax.json_without_channel, fax.json_without_number, fax.text_without_number, fax.bytes_as_text, fax.bytes_as_json,
    fax.erase_rejected, fax.erase_session, fax.erase_sessions, fax.check_reason, fax.outdate_files, fax.erase_values, fax.keep_keys, fax.forget_values,
    fax.erases, fax.without_personal_values, fax.erasure_recorded, fax.lock_log, fax.log_entry, fax.personal_digest,
    fax.make_recorded, fax.row_key, fax.plain_details, fax.personal_details, fax.plain_variables, fax.plain_headers;
drop table fax.log_record, fax.unsealed_change, fax.log_run, fax.log_subtree, fax.checkpoint, fax.erasure, fax.erased_digest,
    fax.session_salt;

-- Charges.
drop view fax.session_charges;
drop function fax.set_rate, fax.rate_amounts;
drop table fax.rate_change, fax.rate;
drop function fax.rate_scope, fax.minor_digits;

-- Jobs.
drop view fax.jobs_masked;
drop function fax.jobs_between;
drop view fax.jobs;
drop function fax.jobs_of;
drop view fax.job_attempts;
drop function fax.job_subject, fax.file_set, fax.sorted_names;
drop table fax.job_window;

-- The folds.
drop view fax.sessions_masked;
drop function fax.make_masked_view, fax.masked;
drop function fax.wrong_reconciliation, fax.write_reconciliation, fax.reconciliation_between;
drop view fax.coverage_gaps, fax.reconciliation;
drop function fax.sessions_in_gap, fax.reconcile, fax.compare_readings, fax.compare_readings_between;
drop view fax.quality_by_peer;
drop function fax.quality;
drop view fax.peer_sessions;
drop view fax.failures, fax.usage_daily;
drop function fax.uncounted_results, fax.usage, fax.buckets, fax.usage_spans, fax.bucket_of_span;
drop function fax.wrong_totals, fax.write_totals, fax.quiet_position, fax.forget_totals, fax.wrong_rollups, fax.merge_rollups;
drop view fax.session_uncounted;
drop view fax.session_timeline, fax.session_rate_falls, fax.session_pages, fax.sessions, fax.session_facts, fax.folded_total, fax.session_fold, fax.later_lives, fax.page_attempts, fax.session_evidence,
    fax.session_events, fax.session_snapshots, fax.session_rows;
drop function fax.usage_of, fax.fax_of_detector;
drop table fax.usage_rollup, fax.session_untotalled, fax.session_total;
drop function fax.observed_pages, fax.pages_of_total, fax.may_miss_bad_lines, fax.widest_poll_gap, fax.poll_gap_seconds;
drop type fax.observed_page;
drop function fax.absent_since, fax.rate_falls, fax.attempts_at_pages;
drop function fax.known_accounts, fax.first_start, fax.has_account, fax.restarted_at, fax.is_attempt, fax.last_list_before, fax.gaps, fax.has_gap, fax.covered_time, fax.write_coverage, fax.uncovered_days, fax.polled_time, fax.dropped_time, fax.last_poll_on_record, fax.gap_reason, fax.reported_time,
    fax.dialled_number, fax.contains_number, fax.without_percent, fax.without_escapes, fax.number_pattern,
    fax.number_digits, fax.peer, fax.is_peer, fax.peer_id, fax.without_padding, fax.reported_result, fax.result_by_observers, fax.unescape, fax.channel_variable, fax.result_class, fax.result, fax.direction,
    fax.page_lines, fax.resolution_name, fax.is_shown;
drop view fax.polled_servers;
drop table fax.quality_class, fax.technology;

-- Reported faxes.
drop function fax.empty_reported, fax.reported_servers;
drop table fax.reported_fax;

-- Months in files.
drop function fax.has_dropped_evidence, fax.counts_deleted;
drop table fax.month_change, fax.dropped_leaf, fax.dropped_session, fax.dropped_month, fax.archive_file;

-- The history.
drop function fax.hold_lease, fax.drop_packed_partitions, fax.periods_to_pack, fax.pack_sessions, fax.make_pack_partitions, fax.rows_with_sessions, fax.rows_between, fax.changed_appends, fax.lock_packing, fax.wait_for_packing, fax.append, fax.has_packs, fax.begin_spool, fax.without_repeats, fax.insert_rows, fax.forget_coverage_of_rows, fax.forget_reconciliation, fax.register_sessions, fax.find_gone_sessions, fax.line_of, fax.is_watched, fax.resolve_epoch, fax.unseen_reload, fax.stored_events, fax.last_on_channel, fax.runs_of_uniqueid, fax.adrift, fax.add_server_row, fax.newest_epoch, fax.numbers_restarted,
    fax.counter, fax.make_partitions_ahead, fax.past_until, fax.lock_append, fax.refuse_isolation, fax.make_partition, fax.make_append_only, fax.copy_comments;
drop view fax.append_batches, fax.rejected_messages, fax.session_history;
drop function fax.snapshot_words, fax.snapshot_operation, fax.snapshot_state, fax.snapshot_type;
drop table fax.lease, fax.spool_progress, fax.waiting_record, fax.recording_part, fax.rejected_message, fax.coverage_day, fax.compared_reading, fax.reading_series, fax.reconciliation_day, fax.server_history, fax.append_batch,
    fax.session_pack, fax.packed_account, fax.observation, fax.erased_key, fax.pseudonym, fax.session, fax.epoch, fax.collector;
drop type fax.appended_epoch, fax.appended_row, fax.appended_session;

revoke usage on schema fax from fax_ingest, fax_reader, fax_sealer, fax_masked, fax_export, fax_billing;
