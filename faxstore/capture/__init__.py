"""Recordings and AMI messages as text.

This room defines the file format of a recording, reads and writes it, and parses the text of one AMI message.  It
does not interpret faxes: reader/ does.
"""
