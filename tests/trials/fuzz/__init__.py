"""Messages as no Asterisk would send them, through the guard, the framing, the decoder and the tracker."""
