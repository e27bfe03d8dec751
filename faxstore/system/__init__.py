"""The edge to the operating system: files that appear only when they are complete, and signals that stop a command.

`files` writes files and folders, `streams` prepares the standard streams, and `interruption` handles SIGINT, SIGTERM
and SIGHUP.  Nothing here knows faxes.
"""
