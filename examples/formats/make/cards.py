"""Cards: what the demo's card says of a text and its rights holds for its copies in another format."""

from typing import Any

from examples.formats.make.made import Made
from examples.formats.make.texts import CARDS
from governance.cards import write
from governance.cards.read import front_fields

NOTE = """Documents of the demo's source `{source}` in another format. Rights, custodian and what is unknown
of them are quoted from its card, `data_cards/sources/{source}.md`; CREDITS.tsv names each document. The
program `examples/formats/make` wrote the files: dates and ids of records in them are made up, and a few
records were broken on purpose. Take the text from the original, not from here.
"""


def write_card(made: Made) -> bytes:
    """The card of a source, made of that of the demo's source which its texts are from."""
    (source,) = {text.source for text in made.all_texts}
    demo = front_fields((CARDS / f"{source}.md").read_bytes())
    langs = dict.fromkeys(_short(text.lang) for text in made.all_texts)
    card: dict[str, Any] = demo | {
        "uid": made.uid,
        "name": f"{demo['name']}, as {made.form}",
        "description": f"{len(made.all_texts)} documents of: {demo['description']}",
        "languages": [each for each in demo["languages"] if each["tag"] in langs],
    }
    assert len(card["languages"]) == len(langs), f"{source} has not the languages {list(langs)}"
    card["review"] = {}  # nobody has read this one
    return write.write_card(card, body=NOTE.format(source=source), comments=False).encode()


def _short(lang: str) -> str:
    """A tag without its region, as cards have it: `hi-IN` → `hi`."""
    language, _, region = lang.partition("-")
    return language if len(region) == 2 else lang
