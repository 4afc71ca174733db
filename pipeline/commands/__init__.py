"""The commands of `rhizotron`: parse, call, print."""
