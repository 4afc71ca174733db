"""`rhizotron init` makes of a folder a corpus that can be looked into; what is not known stays unknown."""

import bz2
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner, Result

from governance.cards import parse_card, publication_obstacles, unknown_fields
from pipeline.cli import main
from pipeline.config.read import load_config

LONG = "a text that is longer than what the other fields hold, word after word"
EVIL = "co\n# lour: &x *y \x1b[31m"


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "My Stories 3"
    for name in ("news/2024", "letters", "a[b]", "tables"):
        (made / name).mkdir(parents=True)
    rows = [
        {
            "headline": f"h{n}",
            EVIL: "x",
            "story": f"{LONG} {n}",
            "meta": {"uuid": str(n)},
            "language": "Kiswahili",
        }
        for n in range(3)
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    (made / "news" / "2024" / "a.jsonl.gz").write_bytes(gzip.compress(lines))
    (made / "letters" / "l.csv").write_text("no;lang;words\n1;sw;Habari\n2;sw;Njema\n")
    (made / "a[b]" / "x.txt").write_text(LONG)
    pq.write_table(
        pa.table({"content": [LONG] * 2, "id": [1, 1], "n": [1, 2]}), made / "tables" / "t.parquet"
    )
    (made / "picture.xyz").write_bytes(b"\0")
    return made


def test_types_and_fields_are_guessed_and_what_is_not_known_is_said(folder: Path) -> None:
    result = rhizotron("init", folder)
    assert result.exit_code == 0, result.output
    assert "not taken: picture.xyz: its name says no type that is known" in result.stderr
    sources = {source.card: source for source in load_config(folder / "corpus.yaml").sources}
    assert {uid: (source.type, source.paths) for uid, source in sources.items()} == {
        "a_b": ("text", ["a[[]b]/*.txt"]),
        "letters": ("csv", ["letters/*.csv"]),
        "news": ("jsonl", ["news/**/*.jsonl.gz"]),
        "tables": ("parquet", ["tables/*.parquet"]),
    }
    assert {uid: source.fields for uid, source in sources.items()} == {
        "a_b": {},
        "letters": {"text": "words", "id": "no", "lang": "lang"},
        "news": {"text": "story", "id": "meta.uuid", "title": "headline"},
        "tables": {"text": "content"},
    }
    assert (
        "  lang    – (unknown: language holds names that are no language tags)" in result.stdout.splitlines()
    )
    assert "  text    story (the field with most text)" in result.stdout.splitlines()


def test_what_was_written_can_be_looked_into_and_publishes_nothing(folder: Path) -> None:
    assert rhizotron("init", folder).exit_code == 0
    for uid in ("a_b", "letters", "news", "tables"):
        result = rhizotron("peek", folder / "corpus.yaml", uid, "-n", 1)
        assert result.exit_code == 0, result.output
        card = parse_card((folder / "cards" / f"{uid}.md").read_bytes(), uid=uid, place=uid)
        assert publication_obstacles(card) == []
        assert card.access_tier == "gated"
        assert {"custodian.name", "rights.concluded", "category"} <= {*unknown_fields(card)}
    assert rhizotron("plan", folder / "corpus.yaml").exit_code == 0


def test_nothing_is_overwritten(folder: Path) -> None:
    (folder / "cards").mkdir()
    (folder / "cards" / "news.md").write_text("mine")
    before = sorted(path for path in folder.rglob("*"))
    result = rhizotron("init", folder)
    assert (result.exit_code, "news.md would be overwritten" in result.stderr) == (2, True)
    assert sorted(path for path in folder.rglob("*")) == before
    assert (folder / "cards" / "news.md").read_text() == "mine"


def test_a_folder_without_any_known_type_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.xyz").write_text("x")
    result = rhizotron("init", tmp_path)
    assert (result.exit_code, "rhizotron sources" in result.stderr) == (2, True)


def test_a_strangers_names_break_out_of_no_comment(folder: Path) -> None:
    rhizotron("init", folder)
    text = (folder / "corpus.yaml").read_text("utf-8")
    assert "\x1b" not in text
    assert {*yaml.safe_load(text)} == {"name", "version", "cards", "output", "sources"}


def test_files_of_one_ending_are_told_apart_by_what_they_hold(tmp_path: Path) -> None:
    data = Path(__file__).parents[2] / "data" / "sources"
    held = {
        "books/a.txt": ("gutenberg", "modern.txt"),
        "books/b.txt": ("text", None),
        "books/e-8.txt": ("gutenberg", "ebook-8.txt"),
        "wiki/pages-multistream-index.txt.bz2": ("text", None),
        "dumps/Posts.xml": ("stackexchange", "Posts.xml"),
        "dumps/book.xml": ("tei", "book16.xml"),
        "texts/book.xml": ("tei", "latin1.xml"),
        "texts/other.xml": ("", None),
        "wiki/pages.xml.bz2": ("mediawiki", None),
        "t/memory.tmx": ("tmx", "memory.tmx"),
        "x/other.xml": ("", None),
    }
    for name, (type, fixture) in held.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((data / type / fixture).read_bytes() if fixture else LONG.encode())
    wiki = b'<!-- <posts> -->\n<mediawiki xmlns="x"><siteinfo/><page/></mediawiki>'
    (tmp_path / "wiki" / "pages.xml.bz2").write_bytes(bz2.compress(wiki))
    for name in ("x", "texts"):
        (tmp_path / name / "other.xml").write_text("<story><p>a</p></story>")
    result = rhizotron("init", tmp_path)
    for name in ("x/other.xml", "texts/other.xml", "wiki/pages-multistream-index.txt.bz2"):
        assert f"not taken: {name}: its name says no type that is known" in result.stderr
    assert ": 2 file(s) books/a.txt …, type gutenberg" in result.stdout
    sources = load_config(tmp_path / "corpus.yaml").sources
    assert sorted((source.type, source.paths) for source in sources) == [
        ("gutenberg", ["books/a.txt", "books/e-8.txt"]),
        ("mediawiki", ["wiki/*.xml.bz2"]),
        ("stackexchange", ["dumps/Posts.xml"]),
        ("tei", ["dumps/book.xml"]),
        ("tei", ["texts/book.xml"]),
        ("text", ["books/b.txt"]),
        ("tmx", ["t/*.tmx"]),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_quotation_marks_that_close_no_field_are_guessed_to_be_text(tmp_path: Path, encoding: str) -> None:
    """UTF-16 cannot be read without quotes: nothing is guessed that would lose the other rows."""
    quoted = ['1\t"Yes", she said\n', "2\tno\n", '3\t"No\n', "4\tthe end\n"]
    for name, rows in (("open", quoted), ("closed", ['1\t"a\tb"\n', '2\t"c\nd"\n', "3\te\n"])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.tsv").write_text("".join(["id\ttext\n", *rows]), encoding)
    result = rhizotron("init", tmp_path)
    options = {source.card: source.options for source in load_config(tmp_path / "corpus.yaml").sources}
    is_guessed = encoding == "utf-8"
    assert options == {"closed": {}, "open": {"quotes": False} if is_guessed else {}}
    assert ("  quotes: false (fewer rows cannot be read than without)" in result.stdout) is is_guessed
    if is_guessed:
        seen = rhizotron("peek", tmp_path / "corpus.yaml", "open").stdout
        assert "seen: 4 documents in 1 of 1 file(s); dropped: none" in seen
        assert '  text          "Yes", she said' in seen.splitlines()


def test_indexes_of_archives_are_no_sources(tmp_path: Path) -> None:
    data = Path(__file__).parents[2] / "data" / "sources"
    for name in ("cc", "warc", "lists"):
        (tmp_path / name).mkdir()
    columns = {
        "url_surtkey": ["org,example)/"],
        "url": ["https://example.org/"],
        "warc_filename": ["x.warc.gz"],
    }
    pq.write_table(pa.table(columns), tmp_path / "cc" / "part-0.parquet")
    pq.write_table(pa.table({"content": [LONG]}), tmp_path / "lists" / "a.parquet")
    for name in ("indexed.warc.gz", "indexed.warc.gz.cdxj"):
        (tmp_path / "warc" / name).write_bytes((data / "warc" / name).read_bytes())
    (tmp_path / "warc" / "all.cdx").write_bytes(b" CDX N b a m s k r M S V g\n")
    (tmp_path / "lists" / "mine.cdxj").write_bytes((data / "cdxj" / "captures.cdxj").read_bytes())
    result = rhizotron("init", tmp_path)
    for name in ("cc/part-0.parquet", "warc/indexed.warc.gz.cdxj", "warc/all.cdx"):
        assert f"not taken: {name}: an index of a web archive, which has no text" in result.stderr
    assert sorted((each.type, each.paths) for each in load_config(tmp_path / "corpus.yaml").sources) == [
        ("cdxj", ["lists/*.cdxj"]),
        ("parquet", ["lists/*.parquet"]),
        ("warc", ["warc/*.warc.gz"]),
    ]


def test_what_describes_a_dataset_is_none_of_its_documents(tmp_path: Path) -> None:
    (tmp_path / "hub" / "data").mkdir(parents=True)
    (tmp_path / "saved").mkdir()
    (tmp_path / "notes").mkdir()
    table = pa.table({"text": [LONG]})
    pq.write_table(table, tmp_path / "hub" / "data" / "train.parquet")
    path = str(tmp_path / "saved" / "data.arrow")
    with pa.OSFile(path, "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    for name in ("saved/state.json", "saved/dataset_info.json"):
        (tmp_path / name).write_text('{"description": "A dataset of mine"}')
    for name in ("hub/README.md", "notes/README.md", "notes/a.markdown"):
        (tmp_path / name).write_text(f"# Heading\n\n{LONG}")
    result = rhizotron("init", tmp_path)
    for name in ("saved/state.json", "saved/dataset_info.json", "hub/README.md"):
        assert f"not taken: {name}: it describes the dataset beside it" in result.stderr
    assert sorted((each.type, each.paths) for each in load_config(tmp_path / "corpus.yaml").sources) == [
        ("arrow", ["saved/*.arrow"]),
        ("markdown", ["notes/*.markdown"]),
        ("markdown", ["notes/*.md"]),
        ("parquet", ["hub/**/*.parquet"]),
    ]


def test_a_source_without_a_field_of_text_spoils_no_other(tmp_path: Path) -> None:
    """What was written can be read; its problem is told where its source is looked at."""
    for name, record in (("a", {"n": 1}), ("b", {"text": LONG})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rows.jsonl").write_text(json.dumps(record) + "\n")
    assert rhizotron("init", tmp_path).exit_code == 0
    uids = [source.card for source in load_config(tmp_path / "corpus.yaml").sources]
    assert rhizotron("peek", tmp_path / "corpus.yaml", uids[1]).exit_code == 0
    told = rhizotron("peek", tmp_path / "corpus.yaml", uids[0])
    assert "$.sources[0].fields: text is not mapped" in told.output
    assert told.exit_code == 2


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.jsonl", json.dumps({"text": LONG}).encode("utf-16"), "in/a.jsonl is UTF-16; write it as UTF-8"),
        ("a.json", b'{"data": {"rows": [{"text": "x"}]}}', "write `record_path: data.rows`"),
        ("a.jsonl", b"", "unknown: no field holds text"),
    ],
)
def test_why_no_field_of_text_was_found_is_said(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(content)
    result = rhizotron("init", tmp_path)
    assert why in result.stdout
    assert load_config(tmp_path / "corpus.yaml").sources[0].fields == {}


def test_a_folder_without_files_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "empty" / "inner").mkdir(parents=True)
    result = rhizotron("init", tmp_path / "empty")
    assert (result.exit_code, f"{tmp_path / 'empty'} has no file to look at" in result.output) == (2, True)
    assert isinstance(result.exception, SystemExit)
