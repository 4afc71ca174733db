"""How files are read, whatever the type: bytes, lines, columns, fields."""
