"""Dumps of wikis."""

import bz2
from collections import Counter
from collections.abc import Iterator
from xml.sax.saxutils import escape

from examples.formats.make.made import DATE, Made
from examples.formats.make.texts import Text, take

_NAMES = {
    "bm": {1: "Baro", 6: "Ja", 10: "Modèle", 14: "Catégorie"},
    "en": {1: "Talk", 6: "File", 10: "Template"},
}


def make_wikis() -> Iterator[Made]:
    """A plain dump, and a multistream one that is cut in its last page."""
    langs = ("bm", "en")
    texts = {lang: take("oldi_seed", [lang], each=3) for lang in langs}
    bm, en = texts["bm"], texts["en"]
    plain = "".join(
        [
            _head("bm"),
            _page(1, bm[0].title, _wikitext(bm[0], file="Ja")),
            _page(2, "Ja kura", "#REDIRECT [[Ja]]"),
            _page(3, f"Baro:{bm[0].title}", "Awɔ.", namespace=1),
            _page(4, bm[1].title, _wikitext(bm[1], file="Ja")),
            _page(5, "Gansan", "{{stub}}\n[[Category:X]]"),
            _page(6, "Ti", "x").replace("</timestamp>", "<timestamp>"),
            _page(7, bm[2].title, _wikitext(bm[2], file="Ja")),
            "</mediawiki>\n",
        ]
    )
    streams = [
        _head("en"),
        _page(1, en[0].title, _wikitext(en[0], file="File"))
        + _page(9, "Template:X", "{{{1}}}", namespace=10),
        _page(2, en[1].title, _wikitext(en[1], file="File")),
        _page(3, en[2].title, _wikitext(en[2], file="File")),
    ]
    multistream = b"".join(bz2.compress(stream.encode()) for stream in streams)
    names = ("bmwiki-20261129-pages-articles.xml", "enwiki-20261129-pages-articles-multistream.xml.bz2")
    yield Made(
        uid="formats_mediawiki",
        form="dumps of wikis",
        type="mediawiki",
        source={},
        files={names[0]: plain.encode(), names[1]: multistream[:-200]},
        texts={names[0]: bm, names[1]: en[:2]},
        rejected=Counter(redirect=1, other_namespace=2, no_text=1, broken_xml=1, truncated=1),
    )


def _head(lang: str) -> str:
    names = "".join(
        f'<namespace key="{key}" case="first-letter">{name}</namespace>' for key, name in _NAMES[lang].items()
    )
    return (
        f'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="{lang}">\n'
        f"<siteinfo><sitename>Example</sitename><dbname>{lang}example</dbname>"
        f"<base>https://{lang}.wiki.example/wiki/Main</base>"
        f'<namespaces><namespace key="0" case="first-letter" />{names}</namespaces></siteinfo>\n'
    )


def _page(number: int, title: str, text: str, *, namespace: int = 0) -> str:
    return (
        f"<page><title>{escape(title)}</title><ns>{namespace}</ns><id>{number}</id>\n"
        f"<revision><id>{number}1</id><timestamp>{DATE}</timestamp><model>wikitext</model>"
        f'<text xml:space="preserve">{escape(text)}</text></revision></page>\n'
    )


def _wikitext(text: Text, *, file: str) -> str:
    """The text with what an article has besides: a picture, a box, a footnote, a link, a category."""
    first, *others = text.paragraphs
    word, _, more = first.partition(" ")
    box = f"[[{file}:Map.svg|thumb|[[Map]] of it]]\n{{{{Infobox|name = [[Name]]}}}}\n"
    note = '<ref name="a">{{cite|title=Note}}</ref>'
    return f"{box}'''[[Page|{word}]]''' {more}{note}\n\n" + "\n\n".join([*others, "[[Category:Pages]]"])
