"""Edits: text in, text out; the stage logs which of them changed a document."""
