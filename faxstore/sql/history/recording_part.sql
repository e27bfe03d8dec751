-- grain: one part of a recording that was imported without a missing line
-- example: select server, began_at, ended_at, octet_length(line_digests) / 4 as lines from fax.recording_part order by server, began_at;
-- An import finds in it where a piece of the recording belongs, and continues with the state of the reader at its end.
create table fax.recording_part (
    part_id         uuid primary key,  -- Identity, drawn at random.
    server          text not null,  -- Server of the recording.
    began_at        timestamptz not null,  -- Time of its first line, by the observer's clock.
    ended_at        timestamptz not null,  -- Time of its last line, by the observer's clock.
    longest_silence double precision not null,  -- Longest time between two lines, in seconds.
    first_list      bytea,  -- The first complete list as the importer encodes it: it ends sessions that an earlier part left open. NULL if there is none, or if the part continues another one after a silence.
    line_digests    bytea not null,  -- The first 4 bytes of a digest of each line, in order.
    reader_state    bytea not null  -- What the reader remembers at its end, as JSON: live sessions, unanswered requests (personal).
);

create index recording_part_server on fax.recording_part (server, began_at);

comment on table fax.recording_part is 'Parts of recordings that were imported: where the next piece belongs, and how to continue with it.';
