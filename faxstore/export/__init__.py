"""Exports: rows of the views as files for other programs.  No total is computed here.

`datasets` says which rows and `selection` which sessions; `run` reads them as of one moment; the writers (csv, jsonl,
parquet, xferfaxlog) produce the bytes; `target` says where they go.
"""
