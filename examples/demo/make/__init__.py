"""The builder of the demo corpus: see README.md of the folder above."""
