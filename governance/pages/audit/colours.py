"""Colours of drawings: each stands for a variable of the style sheet, which has them light and dark."""

COLOURS = {
    "ink": "#0a0000",
    "soft": "#0a0001",
    "line": "#0a0002",
    "paper": "#0a0003",
    "accent": "#0a0004",
    **{f"c{n}": f"#0b000{n}" for n in range(8)},
    **{f"h{n}": f"#0c000{n}" for n in range(6)},
    **{f"t{n}": f"#0d000{n}" for n in range(8)},
}
"""Variable of the style sheet → a colour that stands for it in a drawing."""
