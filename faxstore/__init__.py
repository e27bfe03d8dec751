"""An event-sourced store of Asterisk fax sessions."""

__version__ = "0.1.0"
