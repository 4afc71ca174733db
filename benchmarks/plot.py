"""What all plots share: colours, markers, and words for those who cannot see.

Drawn with matplotlib (extra `bench`), whose SVG has a title but no description.
"""

from pathlib import Path
from xml.etree import ElementTree

import matplotlib
from matplotlib.figure import Figure

PALETTE = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8a7a00")
"""Okabe and Ito's colours that colour-blind readers can tell apart, and one more; the first is ours."""
MARKERS = ("D", "o", "s", "^", "v", "x", "+", "*")
"""Shapes that differ without colour, one for each of PALETTE."""
_SVG = "http://www.w3.org/2000/svg"

matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "rhizotron", "font.size": 9}
"""Text stays text, and the same numbers give the same file."""


def save(figure: Figure, path: Path, *, title: str, alt: str) -> None:
    """Write a figure as SVG whose `<title>` and `<desc id="alt">` say in words what it shows."""
    figure.savefig(path, format="svg", metadata={"Date": None, "Title": title}, bbox_inches="tight")
    for prefix, uri in (("", _SVG), ("xlink", "http://www.w3.org/1999/xlink")):
        ElementTree.register_namespace(prefix, uri)
    tree = ElementTree.parse(path)
    root = tree.getroot()
    root.set("role", "img")
    root.set("aria-labelledby", "title alt")
    for child in list(root):
        if child.tag == f"{{{_SVG}}}title":
            child.set("id", "title")
        elif child.tag == f"{{{_SVG}}}metadata":
            root.remove(child)
    description = ElementTree.Element(f"{{{_SVG}}}desc", {"id": "alt"})
    description.text = alt
    root.insert(1, description)
    tree.write(path, encoding="utf-8", xml_declaration=True)
