"""measure: one part of raw/ → edited text, signals, bands."""
