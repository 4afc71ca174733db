"""A release on its way to the Hugging Face Hub and back: push, withdraw, pull."""
