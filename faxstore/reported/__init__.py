"""The records of other systems as reported faxes: HylaFAX's xferfaxlog, FusionPBX's table v_fax_logs, Asterisk's CDR.

A reader of each format takes lines of text and yields an item per record: a `ReportedFax`, an `Other` (a record of
something else), or a `Rejected` line.  `importing` stores the faxes of a file in fax.reported_fax, in one transaction.
Nothing here enters the history: faxstore did not observe these faxes (docs/decisions/0063).
"""
