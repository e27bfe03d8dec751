"""The demonstration: recordings of real Asterisk servers, an AMI server that plays them, and `faxstore demo`.

recording.py reads a recording, playback.py knows the position in it, and server.py serves it over TCP in lock-step with
the client.  run.py connects these servers to `faxstore ingest`; summary.py prints the result.  Nothing else in faxstore
needs this room; tests and benchmarks use the played server too.

The recordings in `recordings/` are shortened: events that concern neither a fax nor a channel are left out, and nothing
is added.
"""
