"""Messages that no Asterisk would send, through the guard, the framing, the decoder and the line reader."""
