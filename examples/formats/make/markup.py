"""XML of editions, translators and forums, and the header of Project Gutenberg."""

from collections import Counter
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from examples.formats.make.made import DATE, Made
from examples.formats.make.texts import Text, take

_BOMB = '<!DOCTYPE {0} [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n'


def make_markup() -> Iterator[Made]:
    """A source for each type."""
    yield _make_tei()
    yield _make_xml()
    yield _make_tmx()
    yield _make_xliff()
    yield _make_stackexchange()
    yield _make_gutenberg()


def _tei(text: Text, *, namespace: str = "") -> str:
    """An edition with a header, page breaks and a note, which are no text."""
    first, *others = (escape(line) for line in text.paragraphs)
    word, _, more = first.partition(" ")
    paragraphs = "\n".join(f"<p>{line}</p>" for line in others)
    return (
        f'<TEI{namespace} xml:lang="{text.lang}"><teiHeader><fileDesc><titleStmt>'
        f"<title>{escape(text.title)}</title></titleStmt><publicationStmt><p>Made for an example.</p>"
        "</publicationStmt></fileDesc></teiHeader>\n"
        f'<text><body><div><pb n="1"/><p><hi>{word}</hi> {more}<note>A note.</note></p>\n{paragraphs}\n'
        "</div></body></text></TEI>\n"
    )


def _make_tei() -> Made:
    """A corpus with a broken and an empty element, a file in UTF-16, one that declares entities."""
    texts = take("ntrex", ["zh-Hans", "zh-Hant", "fr"])
    space = ' xmlns="http://www.tei-c.org/ns/1.0"'
    broken = _tei(texts[0]).replace("</note>", "")
    empty = '<TEI><teiHeader/><text><body><pb n="1"/></body></text></TEI>\n'
    corpus = f"<teiCorpus{space}>\n{_tei(texts[0])}{broken}{empty}{_tei(texts[1])}</teiCorpus>\n"
    single = _tei(texts[2], namespace=space)
    return Made(
        uid="formats_tei",
        form="TEI",
        type="tei",
        source={},
        files={
            "corpus.xml": corpus.encode(),
            "single.xml": ('<?xml version="1.0" encoding="UTF-16"?>\n' + single).encode("utf-16"),
            "entities.xml": (_BOMB.format("TEI") + single.replace("A note.", "&b;")).encode(),
        },
        texts={"corpus.xml": texts[:2], "single.xml": texts[2:]},
        rejected=Counter(broken_xml=1, no_text=1, unsafe_xml=1),
    )


def _make_xml() -> Made:
    """Elements with attributes, mapped by XPath; one without text; a file that is cut."""
    texts = take("tico19", ["hi", "ne", "ur"])
    records = [
        f'<doc id="{escape(text.id)}" lang="{text.lang}"><title>{escape(text.title)}</title><body>'
        f"{''.join(f'<p>{escape(line)}</p>' for line in text.paragraphs)}<skip>menu</skip></body></doc>\n"
        for text in texts
    ]
    empty = '<doc id="empty" lang="hi"><title>None</title></doc>\n'
    return Made(
        uid="formats_xml",
        form="XML of their own",
        type="xml",
        source={
            "fields": {"id": "@id", "text": "body", "lang": "@lang", "title": "title"},
            "options": {"record": "doc", "dropped": ["skip"]},
        },
        files={
            "documents.xml": f"<docs>\n{records[0]}{empty}{records[1]}</docs>\n".encode(),
            "cut.xml": f"<docs>\n{records[2]}{records[0][:-50]}".encode(),
        },
        texts={"documents.xml": texts[:2], "cut.xml": texts[2:]},
        rejected=Counter(missing_field=1, truncated=1),
    )


def _make_tmx() -> Made:
    """A memory of one unit in several languages; units without a language and without text."""
    texts = take("ntrex", ["mr", "ta", "hi"])
    variants = "".join(
        f'<tuv xml:lang="{text.lang}"><seg>{escape(text.text)}<ph x="1">{{0}}</ph></seg></tuv>\n'
        for text in texts
    )
    odd = "<tu><tuv><seg>x</seg></tuv></tu>\n<tu><tuv xml:lang='hi'><seg/></tuv></tu>\n"
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n<tmx version="1.4">'
    memory = f'{head}<header srclang="en"/><body>\n<tu tuid="1">{variants}</tu>\n{odd}</body></tmx>\n'
    return Made(
        uid="formats_tmx",
        form="a translation memory (TMX)",
        type="tmx",
        source={},
        files={"memory.tmx": memory.encode(), "entities.tmx": (_BOMB.format("tmx") + memory[39:]).encode()},
        texts={"memory.tmx": texts},
        rejected=Counter(missing_field=2, unsafe_xml=1),
    )


def _make_xliff() -> Made:
    """A file of each language, with a unit that nobody translated and one that is not well formed."""
    texts = take("gnome_user_docs", ["ca", "vi", "id"])
    odd = '<trans-unit id="new"><source>New</source></trans-unit>\n'
    odd += '<trans-unit id="open"><source>Open</source><target>Open</trans-unit>\n'
    files = [
        f'<file original="{escape(text.id)}" source-language="en" target-language="{text.lang}"><body>\n'
        f'<trans-unit id="text"><source>{escape(text.id)}</source><target state="translated">'
        f'{escape(text.text)}<x id="1"/></target><note>a note</note></trans-unit>\n{more}</body></file>\n'
        for text, more in zip(texts, [odd, "", ""], strict=True)
    ]
    head = '<xliff xmlns="urn:oasis:names:tc:xliff:document:1.2" version="1.2">\n'
    return Made(
        uid="formats_xliff",
        form="translated units (XLIFF)",
        type="xliff",
        source={},
        files={"pages.xlf": (head + "".join(files) + "</xliff>\n").encode()},
        texts={"pages.xlf": texts},
        rejected=Counter(no_translation=1, broken_xml=1),
    )


def _row(**values: object) -> str:
    return "  <row " + " ".join(f"{key}={quoteattr(str(value))}" for key, value in values.items()) + " />\r\n"


def _paragraphs(lines: Sequence[str]) -> str:
    """HTML of paragraphs."""
    return "\n".join(f"<p>{escape(line)}</p>" for line in lines)


def _make_stackexchange() -> Made:
    """Questions with their answers, of which the first line is the title; answers to nothing, other posts."""
    texts = take("ntrex", ["te", "bn", "sw"])
    rows = []
    for number, text in enumerate(texts, start=1):
        title, question, *answer = text.paragraphs
        post = {"CreationDate": DATE[:-1], "Score": number, "ContentLicense": "CC BY-SA 4.0"}
        rows += [
            _row(
                Id=number,
                PostTypeId=1,
                Title=title,
                Body=_paragraphs([question]),
                Tags=f"<{text.lang}>",
                **post,
            ),
            _row(Id=number + 10, PostTypeId=2, ParentId=number, Body=_paragraphs(answer), **post),
        ]
    rows += [
        _row(Id=21, PostTypeId=2, ParentId=99, Body="<p>Lost</p>"),
        _row(Id=22, PostTypeId=5, Body="<p>About a tag</p>"),
        _row(PostTypeId=1, Body="<p>No id</p>"),
    ]
    posts = '\ufeff<?xml version="1.0" encoding="utf-8"?>\r\n<posts>\r\n' + "".join(rows) + "</posts>"
    return Made(
        uid="formats_stackexchange",
        form="questions and answers in a dump as of Stack Exchange",
        type="stackexchange",
        source={},
        files={"Posts.xml": posts.encode()},
        texts={"Posts.xml": texts},
        rejected=Counter(no_question=1, not_a_post=1, missing_field=1),
    )


def _make_gutenberg() -> Made:
    """Header and licence of three generations; a file without them, and one that is cut."""
    texts = take("pratham_books", ["gu-IN", "ml-IN", "pa-IN"])
    names = ["gu.txt", "ml.txt", "pa.txt"]
    books = [
        _ebook(texts[0], language="Gujarati", this="THIS").replace("\n", "\r\n"),
        _ebook(texts[1], language="Malayalam", this="THE"),
        _etext(texts[2]),
    ]
    odd = {"plain.txt": b"No header at all.\n", "cut.txt": books[1].encode()[:-300]}
    return Made(
        uid="formats_gutenberg",
        form="text files with header and licence lines like those of Project Gutenberg",
        type="gutenberg",
        source={},
        files={name: book.encode() for name, book in zip(names, books, strict=True)} | odd,
        texts={name: [text] for name, text in zip(names, texts, strict=True)},
        rejected=Counter(broken_header=1, truncated=1),
    )


def _ebook(text: Text, *, language: str, this: str) -> str:
    title = " ".join(text.title.split())
    return (
        f"The Project Gutenberg EBook of {title}, by {text.author}\n\nThis eBook is an example.\n\n"
        f"Title: {title}\n\nAuthor: {text.author}\n\nLanguage: {language}\n\n"
        "Character set encoding: UTF-8\n\n"
        f"*** START OF {this} PROJECT GUTENBERG EBOOK {title.upper()} ***\n\n\nProduced by a program\n\n\n"
        f"{text.text}\n\n\nEnd of the Project Gutenberg EBook of {title}\n\n"
        f"*** END OF {this} PROJECT GUTENBERG EBOOK {title.upper()} ***\n\nSTART: FULL LICENSE\n" + "x " * 100
    )


def _etext(text: Text) -> str:
    title = " ".join(text.title.split())
    return (
        f"The Project Gutenberg Etext of {title} by {text.author}\n\n"
        "***START** SMALL PRINT! for etexts **\n"
        "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n\n"
        f"{text.text}\n\nEnd of The Project Gutenberg Etext of {title} by {text.author}\n"
    )
