"""The files of tests/data/sources/ of tei, xml, tmx, xliff, stackexchange and gutenberg.

They are made of paragraphs of the project: `python tests/source_files_xml.py` writes them; a test compares.
"""

from collections.abc import Callable, Mapping
from xml.sax.saxutils import escape, quoteattr

from source_files import DATA, PARAGRAPHS

TEXTS = {lang: [text.split("\n")[0] for text in texts] for lang, texts in PARAGRAPHS.items()}
BOMB = '<!DOCTYPE {0} [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n'
OUTSIDE = '<!DOCTYPE {0} [<!ENTITY a SYSTEM "file:///etc/hostname">]>\n'


def tei(title: str, body: str, *, id: str, root: str = ' xmlns="http://www.tei-c.org/ns/1.0"') -> str:
    """A TEI document."""
    return f"""<TEI{root} xml:id="{id}">
 <teiHeader>
  <fileDesc>
   <titleStmt><title>{title}</title>
    <author><persName>Ann <hi>Bee</hi></persName><idno>Q1</idno></author></titleStmt>
   <publicationStmt><availability>
     <licence target="https://creativecommons.org/licenses/by/4.0/">Free.</licence></availability>
    <date when="2016-05-04">May</date></publicationStmt>
   <sourceDesc><p>Nothing of this is text.</p></sourceDesc>
  </fileDesc>
  <profileDesc><langUsage><language ident="fr">French</language></langUsage></profileDesc>
 </teiHeader>
 <text>
{body}
 </text>
</TEI>
"""


def tei_files() -> dict[str, bytes]:
    """Name → content."""
    one, two, three = TEXTS["fr"][:3]
    body = f"""  <front><titlePage><docTitle><titlePart>Un</titlePart></docTitle></titlePage></front>
  <body><div><head>Chapitre</head><pb n="1"/><fw type="header">12</fw>
   <p>{one} <note>Une note.</note> mai<lb break="no"/>son<lb/>ligne
    <choice><sic>fote</sic><corr>faute</corr></choice>
    <sic>tel</sic> <choice><abbr>M.</abbr><expan>Monsieur</expan></choice></p>
   <lg><l>Vers un</l><l>Vers deux</l></lg>
   <sp><speaker>ANNE</speaker><p>{two}</p><stage>Elle sort.</stage></sp>
   <list><item>a</item><item><p>b</p></item></list></div></body>"""
    document = tei("Un titre", body, id="un")
    declared = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE TEI SYSTEM "http://example.org/tei.dtd">\n'
    corpus = "".join(tei(f"Titre {n}", f"<body><p>{three}</p></body>", id=f"t{n}", root="") for n in range(2))
    outer = f'<teiCorpus xmlns="http://www.tei-c.org/ns/1.0" xmlns:x="urn:x"><teiHeader/>\n{corpus}'
    return {
        "book.xml": b"\xef\xbb\xbf" + (declared + document).encode(),
        "book16.xml": ('<?xml version="1.0" encoding="UTF-16"?>\n' + document).encode("utf-16"),
        "latin1.xml": ('<?xml version="1.0" encoding="ISO-8859-1"?>\n' + document).encode(
            "latin-1", "xmlcharrefreplace"
        ),
        "corpus.xml": (outer + "</teiCorpus>\n").encode(),
        "bomb.xml": (BOMB.format("TEI") + document.replace("Un titre", "&b;")).encode(),
        "outside.xml": (OUTSIDE.format("TEI") + document.replace("Un titre", "&a;")).encode(),
        "undeclared.xml": document.replace("Un titre", "&copy;").encode(),
        "cut.xml": document.encode()[:-30],
        "cut-corpus.xml": (outer + corpus[:-30]).encode(),
        "empty-text.xml": tei("Rien", "<body><pb/></body>", id="rien").encode(),
        "wrong.xml": document.encode("latin-1", "replace"),
        "deep.xml": tei("Profond", "<seg>" * 400 + "x" + "</seg>" * 400, id="deep").encode(),
        "nothing.xml": b"<html/>",
    }


def xml_files() -> dict[str, bytes]:
    """Name → content."""
    rows = "".join(
        f'<d:doc id="{lang}-{n}"><d:meta lang="{lang}" year="202{n}">'
        f"<title>{escape(text[:20])}</title></d:meta>"
        f"<body><p>{escape(text)}</p><skip>no</skip><p>&lt;{n}&gt;</p></body></d:doc>\n"
        for lang in ("fr", "sw", "hi")
        for n, text in enumerate(TEXTS[lang][:2])
    )
    head = '<?xml version="1.0"?>\n<d:docs xmlns:d="urn:docs" xmlns:unused="urn:x">\n'
    bad = '<d:doc id="a"><body><p>open</body></d:doc>\n<d:doc id="b"><meta/></d:doc>\n'
    bad += '<d:doc id="c"><body><p>c</p></body>'
    long = '<d:doc id="long"><body><p>' + "neno " * 1000 + "</p></body></d:doc>\n"
    return {
        "docs.xml": (head + rows + "</d:docs>\n").encode(),
        "bad.xml": (head + bad + "\n" + long + rows[:-40]).encode(),
        "bomb.xml": (BOMB.format("d:docs") + head + rows + "</d:docs>").encode(),
        "encoding.xml": b'<?xml version="1.0" encoding="x-nothing"?><d:docs/>',
    }


def tmx_files() -> dict[str, bytes]:
    """Name → content."""
    units = "".join(
        f'<tu tuid="{n}" changedate="20240101T000000Z">'
        + "".join(
            f'<tuv xml:lang="{tag}"><seg>{escape(TEXTS[lang][n])} <ph x="1">{{0}}</ph><hi>h</hi></seg></tuv>'
            for tag, lang in (("en-US", "en"), ("fr", "fr"), ("zh-CN", "zh-Hans"))
        )
        + "</tu>\n"
        for n in range(3)
    )
    head = '<?xml version="1.0" encoding="{}"?>\n<!DOCTYPE tmx SYSTEM "http://example.org/tmx14.dtd">\n'
    rest = f'<tmx version="1.4"><header srclang="en"/><body>\n{units}</body></tmx>\n'
    bad = '<tmx><body><tu><tuv><seg>x</seg></tuv></tu><tu tuid="e"><tuv xml:lang="fr"><seg/></tuv></tu>'
    return {
        "memory.tmx": (head.format("UTF-8") + rest).encode(),
        "memory16.tmx": (head.format("UTF-16") + rest).encode("utf-16"),
        "bad.tmx": (bad + units[:-20]).encode(),
        "bomb.tmx": (BOMB.format("tmx") + rest).encode(),
    }


def xliff_files() -> dict[str, bytes]:
    """Name → content."""
    names = ("fr", "en")
    units = "".join(
        f'<trans-unit id="{n}" x:y="z"><source>{escape(TEXTS["en"][n])}</source>'
        f'<target state="{state}">{escape(TEXTS["fr"][n])} <x id="1"/>{{{{ limit }}}}</target>'
        "<note>note</note>"
        f"<alt-trans><target>autre</target></alt-trans></trans-unit>\n"
        for n, state in enumerate(("translated", "needs-review-translation"))
    )
    none = '<trans-unit id="none"><source>a</source></trans-unit><trans-unit id="bad"><target>a</trans-unit>'
    files = "".join(
        f'<file original="{name}" source-language="en" target-language="fr-FR">'
        f"<body>{units}{none}</body></file>\n"
        for name in names
    )
    second = (
        '<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.0" srcLang="en" trgLang="sw">'
        f'<file id="f"><unit id="u"><segment><source>a</source>'
        f"<target>{escape(TEXTS['sw'][0])}</target></segment>"
        "<segment><target>b</target></segment></unit></file></xliff>"
    )
    head = '<xliff xmlns="urn:oasis:names:tc:xliff:document:1.2" xmlns:x="urn:x" version="1.2">\n'
    return {
        "one.xlf": (head + files + "</xliff>").encode(),
        "two.xlf": second.encode(),
        "cut.xlf": (head + files).encode()[:-30],
        "bomb.xlf": (BOMB.format("xliff") + head + files + "</xliff>").encode(),
    }


def stackexchange_files() -> dict[str, bytes]:
    """Name → content."""

    def row(**values: object) -> str:
        attributes = " ".join(
            f"{key}={quoteattr(str(value), {chr(10): '&#xA;'})}" for key, value in values.items()
        )
        return f"  <row {attributes} />\r\n"

    html = "<p>{}</p>\n<ul><li>a</li><li><p>b</p></li></ul><pre><code>x  =\n  1\n</code></pre><p>c<br>d</p>"
    days = ["2010-01-01", "2014-03-13", "2019-01-01"]
    posts = [
        row(
            Id=1,
            PostTypeId=1,
            CreationDate=days[0],
            Score=3,
            Body=html.format(escape(TEXTS["en"][0])),
            Title="Why?",
            Tags="<a-b><c>",
            AcceptedAnswerId=4,
        ),
        row(
            Id=2,
            PostTypeId=1,
            CreationDate=days[1],
            Score=-1,
            Body="<p>Two</p>",
            Title="Two",
            Tags="|x|y|",
            ContentLicense="CC BY-SA 4.0",
            OwnerUserId=7,
        ),
        row(
            Id=3,
            PostTypeId=2,
            ParentId=1,
            CreationDate=days[1],
            Score=1,
            Body=f"<p>{TEXTS['en'][1]}</p>",
            OwnerUserId=7,
        ),
        row(
            Id=4,
            PostTypeId=2,
            ParentId=1,
            CreationDate=days[2],
            Score=5,
            Body="<p>Best</p>",
            OwnerDisplayName="Ann",
        ),
        row(Id=5, PostTypeId=2, ParentId=99, CreationDate=days[1], Score=0, Body="<p>Lost</p>"),
        row(Id=6, PostTypeId=5, CreationDate=days[1], Body="<p>About a tag</p>"),
        row(Id=7, PostTypeId=2, CreationDate=days[1], Body="<p>Of nothing</p>"),
        row(Id=8, PostTypeId=1, CreationDate=days[1], Body="<p>" + "long " * 500 + "</p>"),
        row(PostTypeId=1, Body="no id"),
    ]
    head = '\ufeff<?xml version="1.0" encoding="utf-8"?>\r\n<posts>\r\n'
    return {
        "Posts.xml": (head + "".join(posts) + "</posts>").encode(),
        "cut.xml": (head + "".join(posts[:4])).encode()[:-20],
        "bomb.xml": (BOMB.format("posts") + head[1:] + "".join(posts) + "</posts>").encode(),
    }


def gutenberg_files() -> dict[str, bytes]:
    """Name → content."""
    book = "\n\n".join(TEXTS["fr"][:3]) + "\n\n* * *\n\n*** une ligne du texte\n\n" + TEXTS["fr"][3]
    fields = (
        "Title: Un livre\n       de deux lignes\n\nAuthor: Ann Bee\n\n"
        "Release Date: May 4, 2013 [EBook #123]\n\n"
        "Language: French\n\nCharacter set encoding: {}\n\n"
    )
    licence = "\n\nSTART: FULL LICENSE\nTHE FULL PROJECT GUTENBERG LICENSE\n"
    ebook = (
        "The Project Gutenberg EBook of Un livre, by Ann Bee\n\nThis eBook is for anyone.\n\n"
        + fields
        + "*** START OF THIS PROJECT GUTENBERG EBOOK UN LIVRE ***\n\n\nProduced by Bo and\nothers\n\n\n"
        + book.replace("{", "").replace("}", "")
        + "\n\n\nEnd of the Project Gutenberg EBook of Un livre, by Ann Bee\n\n"
        "*** END OF THIS PROJECT GUTENBERG EBOOK UN LIVRE ***\n" + licence
    )
    modern = ebook.replace("OF THIS PROJECT", "OF THE PROJECT").replace("EBook of", "eBook of")
    etext = (
        "The Project Gutenberg Etext of A Book by Ann Bee\n\nA BOOK\n\nJuly, 1997  [Etext #12]\n\n"
        "***START** SMALL PRINT! for etexts **\n"
        "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n\n"
        + "\n\n".join(TEXTS["en"][:2])
        + "\n\nEnd of The Project Gutenberg Etext of A Book by Ann Bee\n"
    )
    windows = ebook.format("ISO-8859-1").replace("\n", "\r\n")
    return {
        "ebook-0.txt": b"\xef\xbb\xbf" + ebook.format("UTF-8").replace("\n", "\r\n").encode(),
        "ebook-8.txt": windows.encode("windows-1252"),
        "modern.txt": modern.format("UTF-8").encode(),
        "etext10.txt": etext.replace("\n", "\r\n").encode("ascii", "replace"),
        "cut.txt": ebook.format("UTF-8").encode()[:-400],
        "other.txt": b"No header at all.\n",
        "nothing.txt": ebook.format("UTF-8")
        .replace(book, "")
        .replace("Produced by Bo and\nothers", "")
        .encode(),
        "long.txt": b"x" * 40_000,
    }


FILES: Mapping[str, Callable[[], dict[str, bytes]]] = {
    "tei": tei_files,
    "xml": xml_files,
    "tmx": tmx_files,
    "xliff": xliff_files,
    "stackexchange": stackexchange_files,
    "gutenberg": gutenberg_files,
}

if __name__ == "__main__":
    for type, make in FILES.items():
        for name, content in make().items():
            (DATA / "sources" / type).mkdir(exist_ok=True)
            (DATA / "sources" / type / name).write_bytes(content)
