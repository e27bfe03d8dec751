"""Exports: rows of the views as files for other programs.  No total is computed here.

`datasets` says which rows, `selection` which sessions, `snapshot` fixes the moment that the rows are read at, the
writers (csv, jsonl, parquet, xferfaxlog) produce the bytes, and `files` gives a file its name when it is complete.
"""
