"""What people read: rows of the views as tables and files.  No total is computed here; the views have them."""

from faxstore.report.one_session import show
from faxstore.report.session_list import sessions

__all__ = ["sessions", "show"]
