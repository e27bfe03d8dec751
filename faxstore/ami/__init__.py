"""The collector: everything that knows Asterisk's manager interface (AMI)."""
