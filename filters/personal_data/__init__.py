"""Personal data and secrets in text: what is looked for, where it is, in which languages that is known."""
