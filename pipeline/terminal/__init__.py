"""The one way to the terminal: nothing of a stranger's text acts on it."""
