"""Language identification as commands: identify, evaluate, train, and the card of a model."""
