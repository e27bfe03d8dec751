"""Reports for people: lists, single sessions and the audit report, as tables or JSON.

Every figure is queried from a view; no total is computed here.
"""
