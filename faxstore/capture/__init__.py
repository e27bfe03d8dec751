"""Recordings: their file format, and the text form of one AMI message.  It never interprets faxes."""
