"""The files of tests/data/sources/mediawiki: dumps as MediaWiki writes them, of paragraphs of the project.

`python tests/source_files_mediawiki.py` writes them; a test compares.
"""

import bz2
from collections.abc import Iterable
from xml.sax.saxutils import escape

from source_files import DATA, PARAGRAPHS

FOLDER = DATA / "sources" / "mediawiki"
SW, FR, HI = (PARAGRAPHS[lang] for lang in ("sw", "fr", "hi"))

NAMES = {
    "sw": {6: "Picha", 10: "Kigezo", 14: "Jamii", 1: "Majadiliano", 828: "Module"},
    "fr": {6: "Fichier", 10: "Modèle", 14: "Catégorie", 1: "Discussion"},
    "zh": {6: "File", 10: "Template", 14: "Category", 1: "Talk"},
}


def head(lang: str, *, project: str = "wikipedia") -> str:
    """What stands before the pages."""
    names = "".join(
        f'      <namespace key="{key}" case="first-letter">{name}</namespace>\n'
        for key, name in NAMES[lang].items()
    )
    return f"""<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="{lang}">
  <siteinfo>
    <sitename>Wiki</sitename>
    <dbname>{lang}wiki</dbname>
    <base>https://{lang}.{project}.org/wiki/Mwanzo</base>
    <case>first-letter</case>
    <namespaces>
      <namespace key="0" case="first-letter" />
{names}    </namespaces>
  </siteinfo>
"""


def page(
    number: int,
    title: str,
    text: str,
    *,
    ns: int | None = 0,
    day: str = "2024-01-06",
    redirect: str | None = None,
    model: str = "wikitext",
    deleted: bool = False,
) -> str:
    """A page with one revision."""
    quoted = escape(text, {'"': "&quot;"})
    content = f'<text bytes="{len(text.encode())}" xml:space="preserve">{quoted}</text>'
    if deleted:
        content = '<text bytes="0" deleted="deleted" />'
    namespace = "" if ns is None else f"    <ns>{ns}</ns>\n"
    leads = "" if redirect is None else f'    <redirect title="{escape(redirect)}" />\n'
    return f"""  <page>
    <title>{escape(title)}</title>
{namespace}    <id>{number}</id>
{leads}    <revision>
      <id>{number}1</id>
      <parentid>{number}0</parentid>
      <timestamp>{day}T00:00:00Z</timestamp>
      <contributor>
        <username>Mfano</username>
        <id>7</id>
      </contributor>
      <comment>[[Jamii:]] &lt;page&gt;</comment>
      <model>{model}</model>
      <format>text/x-wiki</format>
      {content}
      <sha1>0</sha1>
    </revision>
  </page>
"""


END = "</mediawiki>\n"

ARTICLE = f"""[[Picha:Ziwa.jpg|thumb|right|280px|Ziwa [[Viktoria|kubwa]] asubuhi]]
{{{{Infobox|jina = [[Nairobi|jiji]]|picha = Ziwa.jpg}}}}
<!-- maoni -->
'''Ziwa''' ({{{{lang-en|lake}}}}; [[:en:Lake|lake]], {{{{IPA|x}}}})
{SW[0]}<ref name="a">Chanzo {{{{c|x}}}}</ref><ref
name="a" />

__TOC__
== Historia ==
{SW[1]} Urefu ni {{{{convert|5|to|10|km|mi}}}}; l{"'" * 5}a{"'" * 5}, {{{{Kigezo:nowrap|12&nbsp;000}}}}.

* moja
** ''mbili''
# {{{{formatnum:1234}}}}
: [http://mfano.example tovuti] na [http://mfano.example] na http://mfano.example

{{| class="wikitable"
|+ Jedwali
|-
! Mwaka !! Idadi
|-
| 2010 || style="x" | 12
|}}
<gallery>
A.jpg|Picha ya [[ziwa]]
</gallery>
<math>x^2</math><span style="display: none">siri</span><nowiki>''[[ziwa]]''</nowiki>

<pre>
  a[[0]] = 1
</pre>

== Tanbihi ==
<references />
{{{{mbegu}}}}

[[Jamii:Maziwa]] [[Category:Lakes| ]] [[en:Lake]] [[File:Lake.jpg|mini]]
"""


def articles() -> str:
    """A dump of every kind of page."""
    return "".join(
        [
            head("sw"),
            page(1, 'Ziwa & "maji"', ARTICLE),
            page(2, "Maji", SW[2], day="2023-06-06"),
            page(3, "Bahari", "#REDIRECT [[Ziwa]]", redirect="Ziwa"),
            page(4, "Mto mdogo", "#ELEKEZA [[Mto]]"),
            page(5, "Majadiliano:Ziwa", "Je?", ns=1),
            page(6, "Kigezo:Ziwa", "{| |}", ns=10),
            page(7, "Jamii:Maziwa", "Maziwa", ns=None),
            page(8, "Module:Ziwa", "return {}", ns=828, model="Scribunto"),
            page(9, "Ziwa.css", "a {}", model="sanitized-css"),
            page(10, "Ziwa (maana)", "* [[Ziwa]]\n* [[Maziwa]]"),
            page(11, "Maji mengi", "'''Maji''': [[Ziwa]]\n{{Maana}}"),
            page(12, "Iliyofichwa", "", deleted=True),
            page(13, "Tupu", "{{mbegu}}\n[[Jamii:Maziwa]]\n== Tanbihi ==\n"),
            page(14, "Wazi", f"{SW[3]} [[Ziwa|ziwa kubwa {{{{lang|en|lake}}}} <ref>x"),
            END,
        ]
    )


def multistream(streams: Iterable[str]) -> tuple[bytes, list[int]]:
    """(streams one after the other, the byte where each begins)."""
    content, starts = b"", []
    for stream in streams:
        starts.append(len(content))
        content += bz2.compress(stream.encode())
    return content, starts


def mediawiki_files() -> dict[str, bytes]:
    """Name → content."""
    plain = articles()
    pages = [
        page(20 + number, f"Titre : {number}", text, day="2022-05-04") for number, text in enumerate(FR[:4])
    ]
    parts = [
        head("fr"),
        pages[0] + page(30, "Discussion:Un", "Oui.", ns=1),
        pages[1] + pages[2],
        pages[3],
        END,
    ]
    streams, starts = multistream(parts)
    index = f"{starts[1]}:20:Titre : 0\n{starts[1]}:30:Discussion:Un\n{starts[2]}:21:Titre : 1\n"
    flipped = bytearray(streams)
    flipped[(starts[2] + starts[3]) // 2] ^= 0x10
    chinese = "-{zh-hans:计算机;zh-hant:電腦}- 與 -{zh-cn:[[软件]]; zh-tw:[[軟體]];}-"
    chinese += "、-{T|zh-hans:甲;zh-hant:乙}--{丙}-。"
    good, bomb = page(40, "Nzuri", SW[4]), '<!DOCTYPE mediawiki [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n'
    external = '<!DOCTYPE mediawiki [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n'
    long = page(43, "Ndefu", "neno " * 500)
    bad = [
        head("sw").encode(),
        good.replace("Nzuri", "&kosa;").encode(),
        page(41, "Café", "café").encode("latin-1"),
        page(42, "Kina", "{{a|" * 200 + "x" + "}}" * 200).encode(),
        long.encode(),
        good.partition("</revision>")[0].encode(),
        good.replace("<title>Nzuri</title>", "").encode(),
        good.replace("</title>", "").encode(),
        good.encode(),
        long.encode()[:-20],
    ]
    return {
        "swwiki-20240101-pages-articles.xml": plain.encode(),
        "swwiki-latest-utf16.xml": (plain[: plain.index("  <page>\n    <title>Bahari")] + END).encode(
            "utf-16"
        ),
        "frwiki-20240101-pages-articles-multistream.xml.bz2": streams,
        "frwiki-20240101-pages-articles-multistream-index.txt.bz2": bz2.compress(index.encode()),
        "zhwiki.xml": (head("zh", project="example") + page(50, "電腦", chinese) + END).encode(),
        "cut.xml.bz2": bz2.compress(plain.encode())[:-40],
        "cut-multistream.xml.bz2": streams[: (starts[3] + starts[4]) // 2],
        "flipped-multistream.xml.bz2": bytes(flipped),
        "bad.xml": b"".join(bad),
        "bomb.xml": (bomb + plain.replace("Maji", "&b;")).encode(),
        "external.xml": (external + plain).encode(),
        "no-end.xml": (head("sw") + good).encode(),
        "empty.xml": b"",
    }


if __name__ == "__main__":
    for name, content in mediawiki_files().items():
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / name).write_bytes(content)
