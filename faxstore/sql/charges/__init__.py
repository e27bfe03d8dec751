"""Prices (``fax.rate``) and what each fax costs."""

ORDER = (
    "rate",
    "check_rate",
    "set_rate",
    "minor_digits",
    "session_charges",
)
