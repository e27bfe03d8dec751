-- A run of at most 65,536 observations of servers after one ordinal and up to another: its last ordinal, its rows and
-- their SHA-256. Of the details, only the headers that figures depend on (fax.figure_headers) and the reason of a gap: an
-- erasure leaves these. Another list, or another fax.gap_reason() for stored texts, would be another digest.
select max(r.place), count(*), encode(sha256(convert_to(string_agg(r.content, e'\n' order by r.place), 'UTF8')), 'hex')
from (
    select
        h.ordinal as place,
        jsonb_build_array(
            h.ordinal, h.server, h.observed_at, h.event, h.collector_id, fax.gap_reason(h.event, h.details ->> 'Reason'),
            (select jsonb_object_agg(d.key, d.value)
             from jsonb_each(case when jsonb_typeof(h.details) = 'object' then h.details end) d
             where d.key in (
                 'Module', 'Status', 'Uptime', 'TransmitAttempts', 'ReceiveAttempts', 'CompletedFAXes', 'FailedFAXes',
                 'LastPolled', 'Previous', 'From', 'To', 'Records')))::text as content
    from fax.server_history h
    where h.ordinal > %(after)s and h.ordinal <= %(until)s
    order by h.ordinal
    limit 65536
) r
