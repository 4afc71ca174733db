"""Personal data and secrets in text: what is looked for, where it stands, and in which languages that is known."""
