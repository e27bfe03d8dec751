"""Reports as HTML: one file each, with plots, tables that can be sorted, and no request to anything.

Figures are the rows of the same queries as those of the other reports; plots are Vega-Lite specifications (plots,
session_plot), which vl-convert draws as SVG (drawing).  A page is a template with autoescape (document).
"""
