"""Prices (``fax.rate``) and what each fax costs."""

ORDER = (
    "minor_digits",
    "rate_scope",
    "rate",
    "rate_amounts",
    "rate_change",
    "check_rate",
    "record_rate_change",
    "set_rate",
    "session_charges",
)
