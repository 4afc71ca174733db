"""Data dumps of Stack Exchange (`Posts.xml`): a question with its answers is a document."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import orjson
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, PositiveInt

from layers.entries import Unit
from layers.storage import InputFile, join
from sources.base import DocumentBatcher, RecordLog, SourceFields, SourceSpec, Span, sha256
from sources.reading import xml, xml_elements
from sources.reading.canonical import encode_extra
from sources.reading.license_statements import NOASSERTION, spdx_expression
from sources.reading.mapping import BadRecord, refuse_fields
from sources.reading.marked_text import Markup, collect_text, names
from sources.reading.spool import Spool

CONTENT_VERSION = 4
IS_STREAM = True

QUESTION, ANSWER = "1", "2"
_LICENSES = (("2018-05-02", "CC-BY-SA-4.0"), ("2011-04-08", "CC-BY-SA-3.0"), ("", "CC-BY-SA-2.5"))
"""First day, licence of what was written from then on; newer dumps say it of each post."""
_TAG = re.compile(r"<([^<>]+)>|([^|<>]+)")
_BUCKET_BYTES = 64 << 20
"""Of posts that are joined at once."""
_HTML = Markup(
    blocks=names("p div ul ol dl blockquote pre h1 h2 h3 h4 h5 h6 table section"),
    lines=names("tr dt dd"),
    breaks={"br": "\n", "hr": "\n\n", "td": " ", "th": " "},
    dropped=names("script style img iframe"),
    verbatim=frozenset(("pre",)),
    items=frozenset(("li",)),
)


class Options(BaseModel):
    """Options of the source type `stackexchange`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    site: str | None = None
    """Host of the site, such as `matheducators.stackexchange.com`, for URLs."""
    documents: Literal["thread", "post"] = "thread"
    """What one document is: a question with all answers, the best first, or each post."""
    retrieved: str | None = None
    """Day of the dump."""
    max_record_bytes: PositiveInt = 4 << 20
    """A longer row is rejected as record_too_long, without being held in memory."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where fields are mapped, or for an option."""
    refuse_fields(spec, why="posts have their own")
    Options.model_validate(spec.options)


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """One span: an answer may stand anywhere behind its question."""
    check(spec)
    return [(0, None)]


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The threads or posts of a file as DOCUMENT batches; the key is the post's number.

    Posts are put into files of about 64 MB by their thread and joined one file after the other, so memory is
    bounded. Place, length and digest of a thread are its question's row.
    """
    options = Options.model_validate(spec.options)
    batcher = DocumentBatcher(spec, unit)
    url = join(spec.root, unit.uri)
    with Spool.for_file(url, bucket_bytes=_BUCKET_BYTES) as spool:
        try:
            for _, element in xml.read_elements(
                url, name="row", max_bytes=options.max_record_bytes, log=log, has_no_content=True
            ):
                if isinstance(element, xml_elements.BadElement):
                    xml_elements.reject(element, log=log)
                else:
                    _sort(element, spool=spool, log=log)
        except BadRecord as bad:
            log.reject(bad.reason, detail=bad.detail, offset=0, length=None, records=None)
        for bucket in spool.buckets():
            posts = [orjson.loads(line) for line in bucket]
            for group in _join(posts, documents=options.documents, log=log):
                _add(group, options=options, batcher=batcher)
                if batcher.full:
                    yield batcher.take()
    if len(batcher):
        yield batcher.take()


Post = dict[str, Any]
"""Attributes of a row, its `text`, and its place."""


def _sort(element: xml_elements.Element, *, spool: Spool, log: RecordLog) -> None:
    """Put a question or answer into the file of its thread."""
    offset, length, key = element.offset, len(element.raw), None
    try:
        row = xml.parse_element(element.raw)
        key = row.get("Id")
        kind = row.get("PostTypeId")
        if key is None or kind is None:
            raise BadRecord("missing_field", detail=f"the row has no {'PostTypeId' if key else 'Id'}")
        if kind not in (QUESTION, ANSWER):
            log.skip("not_a_post", detail=f"PostTypeId {kind}", offset=offset, length=length, record_id=key)
            return
        thread = key if kind == QUESTION else row.get("ParentId")
        if thread is None or not (thread.isdigit() and key.isdigit()):
            raise BadRecord("missing_field", detail="the answer has no ParentId, or an id is no number")
        post = dict(row.attrib) | {"text": _html_text(row.get("Body") or ""), "thread": thread}
        post.pop("Body", None)
        post |= {"offset": offset, "length": length, "sha256": sha256(element.raw).hex()}
    except BadRecord as bad:
        log.reject(bad.reason, detail=bad.detail, offset=offset, length=length, record_id=key)
        return
    spool.add(int(thread), orjson.dumps(post))


def _html_text(body: str) -> str:
    """Text of a post's HTML; raises BadRecord where it is nested deeper than its parser follows."""
    from lxml import etree, html

    if not body.strip():
        return ""
    parser = html.HTMLParser(huge_tree=True)
    # control characters that XML may hold and the parser of HTML may not
    root = html.fragment_fromstring(body, create_parent="div", parser=parser)
    for error in parser.error_log:
        if error.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
            raise BadRecord("too_complex", detail=f"its HTML: {error.message.partition(',')[0]}")
    return collect_text(root, markup=_HTML)


def _join(posts: list[Post], *, documents: str, log: RecordLog) -> Iterator[list[Post]]:
    """Threads, the question first and answers from the best to the worst; or posts one by one."""
    threads: dict[str, list[Post]] = {}
    for post in posts:
        threads.setdefault(post["thread"], []).append(post)
    for thread in sorted(threads, key=int):
        group = sorted(threads[thread], key=_rank)
        if group[0]["PostTypeId"] != QUESTION:
            for post in group:
                log.skip(
                    "no_question",
                    detail=f"question {thread} is not in the file",
                    offset=post["offset"],
                    length=post["length"],
                    record_id=post["Id"],
                )
        elif documents == "thread":
            yield group
        else:
            yield from (
                [{"Title": group[0].get("Title"), "Tags": group[0].get("Tags")} | post] for post in group
            )


def _rank(post: Post) -> tuple[bool, int, int]:
    return post["PostTypeId"] != QUESTION, -_number(post.get("Score")), int(post["Id"])


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.lstrip("-").isdigit() else 0


def _add(group: list[Post], *, options: Options, batcher: DocumentBatcher) -> None:
    """A document of a thread, or of a single post."""
    first, *answers = group
    is_question = first["PostTypeId"] == QUESTION
    title = first.get("Title")
    texts = [title if is_question else None, *(post["text"] for post in group)]
    licenses = {_license(post) for post in group} - {None}
    page = f"https://{options.site}/{'questions' if is_question else 'a'}/{first['Id']}"
    tags = [match[1] or match[2] for match in _TAG.finditer(first.get("Tags") or "")]
    owners = dict.fromkeys(post.get("OwnerDisplayName") or post.get("OwnerUserId") for post in group)
    fields = SourceFields(
        "\n\n".join(text for text in texts if text),
        first["Id"],
        title=title,
        url=page if options.site else None,
        date=first.get("CreationDate"),
        retrieved=options.retrieved,
        license=" AND ".join(sorted(license for license in licenses if license)) or None,
        extra=encode_extra(
            {
                "stackexchange_score": _number(first.get("Score")),
                "stackexchange_tags": tags or None,
                "stackexchange_accepted_answer": first.get("AcceptedAnswerId"),
                "stackexchange_answers": [post["Id"] for post in answers] if is_question else None,
                "stackexchange_answer_scores": [_number(post.get("Score")) for post in answers] or None,
                "stackexchange_owners": [owner for owner in owners if owner] or None,
            }
        ),
    )
    place = {"offset": first["offset"], "length": first["length"]}
    batcher.add(fields, **place, raw_sha256=bytes.fromhex(first["sha256"]))


def _license(post: Post) -> str | None:
    """As the post says, else by the day on which it was written."""
    if post.get("ContentLicense"):
        stated = spdx_expression(post["ContentLicense"])
        return stated if stated != NOASSERTION else None
    day = (post.get("CreationDate") or "")[:10]
    return next(license for first, license in _LICENSES if day >= first) if day else None
