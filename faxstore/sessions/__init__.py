"""Which fax session a record belongs to.

``resolver`` turns records into rows with a session and an epoch.  ``ties`` decides about events that name only a
channel; ``channel`` is the state machine of one channel, ``channels`` remembers them, and ``application_runs`` finds
where one fax on a channel ends and the next begins.  ``identity`` computes ids.  ``lookup`` is the interface to stored
sessions, which faxstore.store implements.

This package performs no I/O and knows neither SQL nor AMI connections.  It imports only faxstore.observations.
"""
