"""The transparency log over the history: an RFC 6962 tree whose leaf n is the row at position n."""
