"""XML in pieces: each element once at its place whatever the chunks, nothing from outside, bounded memory."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sources.reading import xml, xml_elements
from sources.reading.mapping import BadRecord
from sources.reading.marked_text import Markup, collect_text
from sources.reading.spool import Spool


def scan(
    data: bytes, *, chunk_bytes: int = 1 << 20, max_bytes: int = 1 << 20, skips_comments: bool = False
) -> list[xml_elements.Element | xml_elements.BadElement]:
    scanner = xml_elements.ElementScanner("a", max_bytes=max_bytes, skips_comments=skips_comments)
    chunks = (data[start : start + chunk_bytes] for start in range(0, len(data), chunk_bytes))
    return [*(each for chunk in chunks for each in scanner.add(chunk)), *scanner.finish(detail="end")]


pieces = st.sampled_from(
    [
        b"<a>",
        b"<a x='1'>",
        b"</a>",
        b"</a >",
        b"<ab>",
        b"</ab>",
        b"x",
        b" ",
        b"<",
        b"a",
        b">",
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]>",
    ]
)


@given(st.lists(pieces, max_size=30).map(b"".join), st.integers(1, 5), st.integers(3, 60), st.booleans())
def test_elements_are_the_same_whatever_the_chunks(
    data: bytes, chunk_bytes: int, max_bytes: int, skips_comments: bool
) -> None:
    found = scan(data, max_bytes=max_bytes, skips_comments=skips_comments)
    assert scan(data, chunk_bytes=chunk_bytes, max_bytes=max_bytes, skips_comments=skips_comments) == found
    place = 0
    for each in found:
        length = len(each.raw) if isinstance(each, xml_elements.Element) else each.length
        assert each.offset >= place
        place = each.offset + length
        if isinstance(each, xml_elements.Element):
            assert data[each.offset : place] == each.raw and length <= max_bytes
    assert place <= len(data)


def test_an_element_that_does_not_end_before_the_next_costs_itself_alone() -> None:
    assert scan(b"<a>1<a>2</a><a>3") == [
        xml_elements.BadElement(0, 4, "truncated", "another <a> begins before </a>"),
        xml_elements.Element(4, b"<a>2</a>"),
        xml_elements.BadElement(12, 4, "truncated", "end", None),
    ]


def test_what_a_comment_between_elements_holds_is_none() -> None:
    data = b"<!-- <a>1</a> --><a>2</a><!--<a>--><!----><a>3</a>"
    assert scan(data, skips_comments=True) == [
        xml_elements.Element(17, b"<a>2</a>"),
        xml_elements.Element(42, b"<a>3</a>"),
    ]


@pytest.mark.parametrize(("opening", "closing"), [(b"<!--", b"-->"), (b"<![CDATA[", b"]]>")])
def test_tags_in_a_comment_or_cdata_of_an_element_are_no_tags(opening: bytes, closing: bytes) -> None:
    first = b"<a>1" + opening + b" <a>2</a> </a> <!-- " + closing + b"</a>"
    assert scan(first + b"<a>3</a>", skips_comments=True) == [
        xml_elements.Element(0, first),
        xml_elements.Element(len(first), b"<a>3</a>"),
    ]


@pytest.mark.parametrize("max_bytes", [30, 1000])
def test_a_comment_of_an_element_that_never_ends_hides_nothing_that_follows(max_bytes: int) -> None:
    """max_bytes: more than there is to read, or less."""
    broken, whole = b"<a>1<!-- ", [b"<a>%d</a>" % number for number in range(10)]
    offsets = [len(broken) + 8 * number for number in range(10)]
    assert scan(broken + b"".join(whole), max_bytes=max_bytes, skips_comments=True) == [
        xml_elements.BadElement(0, len(broken), "truncated", "another <a> begins before </a>"),
        *(xml_elements.Element(offset, raw) for offset, raw in zip(offsets, whole, strict=True)),
    ]


def test_a_comment_without_an_end_is_a_row_and_is_not_held() -> None:
    tracemalloc.start()
    scanner = xml_elements.ElementScanner("a", max_bytes=1000, skips_comments=True)
    events = [*scanner.add(b"<a>1</a> <!-- <a>2</a>")]
    for _ in range(100):
        events += scanner.add(b"x" * (1 << 18))
    events += scanner.finish(detail="end")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    length = 100 * (1 << 18) + 13
    assert events == [
        xml_elements.Element(0, b"<a>1</a>"),
        xml_elements.BadElement(9, length, "truncated", "a comment has no end", None),
    ]
    assert peak < 4 << 20


def test_an_element_over_the_limit_is_counted_and_not_held() -> None:
    tracemalloc.start()
    scanner = xml_elements.ElementScanner("a", max_bytes=1000)
    events = [*scanner.add(b"<a>")]
    for _ in range(100):
        events += scanner.add(b"x" * (1 << 18))
    events += scanner.add(b"</a><a>2</a>")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    length = 100 * (1 << 18) + 7
    assert events == [
        xml_elements.BadElement(0, length, "record_too_long", f"{length} bytes; max_record_bytes is 1000"),
        xml_elements.Element(length, b"<a>2</a>"),
    ]
    assert peak < 4 << 20


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "unsafe_xml"),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>', "unsafe_xml"),
        (b"<a>&nbsp;</a>", "broken_xml"),
        (b"<a>" * 300 + b"</a>" * 300, "broken_xml"),
        (b"<a><b></a>", "broken_xml"),
        (b"", "broken_xml"),
    ],
)
def test_what_is_not_plain_xml_is_refused(document: bytes, reason: str) -> None:
    with pytest.raises(BadRecord) as error:
        xml.parse(document)
    assert error.value.reason == reason


def test_xmls_own_entities_and_a_dtd_that_nobody_fetches_are_read() -> None:
    root = xml.parse(b'<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a>&lt;&#233;&amp;</a>')
    assert root.text == "<é&"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (b"<a/>", "utf-8"),
        (b"\xef\xbb\xbf<a/>", "utf-8-sig"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?>', "iso8859-1"),
        ("<a/>".encode("utf-16"), "utf-16"),
        ("<a/>".encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_the_encoding_is_that_of_mark_or_declaration(head: bytes, encoding: str) -> None:
    assert xml.detect_encoding(head) == encoding


MARKUP = Markup(
    blocks=frozenset(("p", "pre")),
    breaks={"br": "\n"},
    dropped=frozenset(("no",)),
    verbatim=frozenset(("pre",)),
    items=frozenset(("li",)),
)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<r>a\n b<p>c <i>d</i></p>e</r>", "a b\n\nc d\n\ne"),
        ("<r><p><p>a</p></p><!-- c --><p/>b<?x y?></r>", "a\n\nb"),
        ("<r><li>a</li><li><p>b</p></li>c</r>", "- a\n- b\n\nc"),
        ("<r>a<no>b<p>c</p></no>d<br/>e</r>", "ad\ne"),
        ("<r><pre> a\n  b</pre>  c</r>", "a\n  b\n\nc"),
    ],
)
def test_text_of_blocks_items_and_breaks(markup: str, text: str) -> None:
    assert collect_text(etree.fromstring(markup), markup=MARKUP) == text


def test_no_nesting_is_too_deep_for_the_walk() -> None:
    root = etree.Element("r")
    node = root
    for _ in range(5000):
        node = etree.SubElement(node, "p")
    node.text = "a"
    assert collect_text(root, markup=MARKUP) == "a"


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.binary().map(lambda line: line.replace(b"\n", b""))), max_size=30
    )
)
def test_a_group_is_in_one_bucket_in_its_order(lines: list[tuple[int, bytes]]) -> None:
    with Spool(7) as spool:
        for group, line in lines:
            spool.add(group, b"%d %s" % (group, line))
        buckets = [[*bucket] for bucket in spool.buckets()]
    for group in {group for group, _ in lines}:
        own = [[line for line in bucket if line.startswith(b"%d " % group)] for bucket in buckets]
        assert [bucket for bucket in own if bucket] == [[b"%d %s\n" % (g, x) for g, x in lines if g == group]]
