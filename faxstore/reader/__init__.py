"""Lines to records, for live and recorded input alike.

``line_reader`` reads the lines of one server; the other modules are its parts: ``decode`` (headers to fields, rejected
messages), ``listing`` (lists of sessions), ``channel_events``, ``dialled_calls``, ``server_events``, ``lives`` (which
run of the fax registry), ``coverage`` (evidence for gaps), ``clock_steps`` and ``pending_requests``.

This package performs no I/O and sends no requests.  It imports only faxstore.capture and faxstore.observations.
"""
