"""Rows of the views as files for other programs.  No total is computed here; the views have them.

A data set says which rows (datasets), a snapshot in what state of the history (snapshot), a writer how they come out
(csv, jsonl, parquet, xferfaxlog), and a file has its name when it is whole (files).
"""
