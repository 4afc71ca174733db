"""The page of an audit: one self-contained HTML file from its JSON alone, and a CSV beside each figure."""
