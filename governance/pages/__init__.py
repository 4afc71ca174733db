"""Pages generated from a manifest and cards: Markdown, HTML and the Hub's YAML."""
