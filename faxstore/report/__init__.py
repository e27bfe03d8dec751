"""What people read: rows of the views as tables and files.  No total is computed here; the views have them."""
