"""The live wire: connections to Asterisk's manager interface (AMI), and the polls over them.

collector.py keeps one server connected and polled, and passes every line of the connection to a callback.  Below it:

* poller.py polls over one connection by the rules in poll_rules.py, which requests cannot harm a server;
* connection.py opens one connection and sends requests over it; guard.py is the only module that imports panoramisk;
* framing.py, event_filter.py and backlog.py lead from the bytes of a socket to lines.

This room does not interpret faxes: it reads an answer only to decide what to request next, and reader/ turns the lines
into records.  It never blocks on a disk or a database.
"""
