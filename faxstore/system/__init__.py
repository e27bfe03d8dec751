"""The edge to the operating system: files that appear only when they are complete, and signals that stop a command.

`files` writes files and folders, `streams` prepares the standard streams, `interruption` handles SIGINT, SIGTERM and
SIGHUP, and `garbage` sets how often Python searches for unused objects.  Nothing here knows faxes.
"""
