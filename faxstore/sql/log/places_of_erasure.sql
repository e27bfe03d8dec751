-- The columns outside of sessions in which fax.erase_number() erases a number.
-- example: select fax.places_of_erasure();
create function fax.places_of_erasure() returns text[]
language sql immutable parallel safe
as $$
    select array[
        'fax.rejected_message.raw', 'fax.server_history.details', 'fax.epoch.startup_text', 'fax.pseudonym.value',
        'fax.erasure.reason', 'fax.recording_part.reader_state', 'fax.recording_part.first_list', 'fax.waiting_record.body',
        'fax.reported_fax.caller_number', 'fax.reported_fax.called_number', 'fax.reported_fax.local_station_id',
        'fax.reported_fax.remote_station_id', 'fax.reported_fax.raw']
$$;
