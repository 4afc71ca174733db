"""Runs over a web archive and a list of captures with planted reservations: whole ledgers are compared."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import c2pa_text
import pytest
import small_corpus
import yaml
from click.testing import CliRunner, Result
from source_files_warc import capture, zipped

from governance.ledger import sum_rows
from governance.reservations.signals import PROTOCOLS
from layers.shards import read_table
from pipeline.cli import main
from pipeline.plan.make import make_plan

HTML = "Content-Type: text/html; charset=utf-8"
TEXTS = small_corpus.PARAGRAPHS["en"]
CARDS = {"warc": "health_json", "cdxj": "health_gzip", "html": "health_text"}


def page(number: int, *, head: str = "") -> bytes:
    body = f"<body><article><p>{TEXTS[number]}</p></article></body>"
    return f"<html><head><title>t</title>{head}</head>{body}</html>".encode()


def robots(
    url: str, body: str, *, number: int, date: str = "2024-02-20T21:11:00Z", status: str = "200 OK"
) -> bytes:
    return capture(
        body.encode(), "Content-Type: text/plain", number=number, url=url, status=status, WARC_Date=date
    )


NOAI = '<meta name="robots" content="noai">'
TDM_0 = '<meta name="tdm-reservation" content="0">'
PAGES: Mapping[str, bytes] = {
    "https://plain.example/a": capture(page(0), HTML, number=10, url="https://plain.example/a"),
    "https://header.example/a": capture(
        page(1), HTML, "X-Robots-Tag: noai", number=11, url="https://header.example/a"
    ),
    "https://meta.example/a": capture(page(2, head=NOAI), HTML, number=12, url="https://meta.example/a"),
    "https://usage.example/a": capture(
        page(3), HTML, "Content-Usage: train-ai=n", number=13, url="https://usage.example/a"
    ),
    "https://tdm.example/a": capture(
        page(4, head=TDM_0), HTML, "TDM-Reservation: 1", number=14, url="https://tdm.example/a"
    ),
    "https://robots.example/a": capture(page(5), HTML, number=15, url="https://robots.example/a"),
    "https://robots.example/free/a": capture(page(6), HTML, number=16, url="https://robots.example/free/a"),
    "https://robots.example.evil/a": capture(page(7), HTML, number=17, url="https://robots.example.evil/a"),
    "https://signal.example/a": capture(page(8), HTML, number=18, url="https://signal.example/a"),
    "https://folder.example/a": capture(page(9), HTML, number=19, url="https://folder.example/a"),
    "https://later.example/a": capture(page(10), HTML, number=20, url="https://later.example/a"),
}
ROBOTS = [
    robots(
        "https://robots.example/robots.txt", "User-agent: GPTBot\nDisallow: /\nAllow: /free/\n", number=30
    ),
    robots("https://signal.example/robots.txt", "User-agent: *\nContent-Signal: ai-train=no\n", number=31),
    robots("https://plain.example/robots.txt", "Disallow: /\n", number=32, status="404 Not Found"),
    robots("https://later.example/robots.txt", "User-agent: *\nAllow: /\n", number=33),
    robots(
        "https://later.example/robots.txt",
        "User-agent: *\nDisallow: /\n",
        number=34,
        date="2025-01-01T00:00:00Z",
    ),
]
RESERVED = {
    "https://header.example/a": "x_robots: 'noai' (header: x-robots-tag)",
    "https://meta.example/a": "x_robots: 'noai' (meta: robots)",
    "https://usage.example/a": "aipref: 'train-ai=n' (header: content-usage)",
    "https://robots.example/a": "robots: 'Disallow: /' to GPTBot "
    "(robots.txt: https://robots.example/robots.txt, line 2)",
    "https://signal.example/a": "content_signal: 'Content-Signal: ai-train=no' to * "
    "(robots.txt: https://signal.example/robots.txt, line 2)",
    "https://folder.example/a": "robots: 'Disallow: /' to * (robots.txt: folder.example.txt, line 2)",
}
BY_FILE = [url for url in RESERVED if url.split("/")[2].split(".")[0] in ("robots", "signal", "folder")]


def write(folder: Path, *, type: str, **changes: Any) -> Path:
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    members = [*PAGES.items(), *((f"robots{number}", each) for number, each in enumerate(ROBOTS))]
    archive, lines = b"", []
    for name, raw in members:
        member = zipped(raw)
        url = name if name in PAGES else raw.split(b"WARC-Target-URI: ")[1].split(b"\r\n")[0].decode()
        fields = {"url": url, "filename": "crawl.warc.gz", "offset": len(archive), "length": len(member)}
        date = raw.split(b"WARC-Date: ")[1][:19].decode()
        stamp = "".join(character for character in date if character.isdigit())
        lines.append(f"key {stamp} {json.dumps(fields)}\n")
        archive += member
    small_corpus.put(data / "crawl.warc.gz", archive)
    small_corpus.put(data / "crawl.list", "".join(lines).encode())
    copies = folder / "copies"
    copies.mkdir(exist_ok=True)
    small_corpus.put(copies / "folder.example.txt", b"User-agent: *\nDisallow: /\n")
    source: dict[str, Any] = {
        "card": CARDS[type],
        "type": type,
        "root": "data",
        "paths": ["crawl.warc.gz" if type == "warc" else "crawl.list"],
        "options": {"extractor": "fast", **({"archive": "."} if type == "cdxj" else {})},
    }
    given = {
        "sources": [source],
        "reservations": {"robots": "copies", "robots_date": "2026-11-29"},
        "decide": {"languages": ["en"], "quality": False},
        "max_bad_fraction": 0,
    }
    return small_corpus.write_corpus(folder, changes=given | changes)


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module", params=["warc", "cdxj"])
def corpus(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = write(tmp_path_factory.mktemp(request.param), type=request.param)
    result = rhizotron("run", path)
    assert result.exit_code == 0, result.output
    return path


def manifest(corpus: Path) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads((corpus.parent / "out" / "release" / "manifest.json").read_text())
    return raw


def dropped(corpus: Path) -> list[dict[str, Any]]:
    lines = rhizotron("dropped", corpus, "--reason", "reserved", "-n", "100", "--json").output.splitlines()
    return [json.loads(line) for line in lines]


def tables(corpus: Path) -> dict[str, dict[str, Any]]:
    release = corpus.parent / "out" / "release"
    (data,) = (release / "data").rglob("*.arrow")
    (sidecar,) = (release / "provenance").rglob("*.arrow")
    reservations = read_table(str(sidecar))["reservation"].to_pylist()
    return {
        url: json.loads(reservation)
        for url, reservation in zip(read_table(str(data))["url"].to_pylist(), reservations, strict=True)
    }


def test_the_whole_ledger(corpus: Path) -> None:
    ledger = sum_rows(manifest(corpus)["ledger"])
    kept = len(PAGES) - len(RESERVED)
    assert ledger.by("reason", "documents", "raw", "dropped") == {
        "reserved": 6,
        "http_status": 1,
        "robots_txt": 4,
    }
    assert ledger.total("documents", "raw", "read") == len(PAGES) + len(ROBOTS)
    assert ledger.total("documents", "release", "kept") == kept
    assert {row["detail"] for row in dropped(corpus)} == {*RESERVED.values()}


def test_a_pseudo_crawl_fetches_no_page_that_a_file_of_its_site_reserves(corpus: Path) -> None:
    if "cdxj" not in str(corpus):
        return
    fetched = [row for row in dropped(corpus) if row["record_id"] is not None]
    assert len(fetched) == len(RESERVED) - len(BY_FILE)


def test_what_stays_says_what_was_looked_for_and_what_was_said(corpus: Path) -> None:
    said = tables(corpus)
    assert said.keys() == PAGES.keys() - RESERVED.keys()
    of_pages = ["tdmrep", "aipref", "content_signal", "rsl", "x_robots", "c2pa"]
    date = "2024-02-20T21:11:00Z"
    assert said["https://plain.example/a"] == {
        "train": "unknown",
        "protocols": of_pages,
        "signals": [],
        "checked_at": date,
    }
    later = said["https://later.example/a"]
    assert (later["train"], later["protocols"]) == ("allow", ["robots", *of_pages]), "as of its own time"
    assert [(each["line"], each["date"]) for each in later["signals"]] == [(2, date)]
    tdm = said["https://tdm.example/a"]["signals"]
    assert [(each["place"], each["effect"], each["superseded"]) for each in tdm] == [
        ("header", "disallow", True),
        ("meta", "allow", False),
    ]
    (free,) = said["https://robots.example/free/a"]["signals"]
    assert (free["effect"], free["line"], free["agent"]) == ("allow", 3, "GPTBot")


def test_the_manifest_counts_what_was_checked_reserved_and_dropped(corpus: Path) -> None:
    block = manifest(corpus)["reservations"]
    (source,) = block["sources"].values()
    assert (source["policy"], source["copies_date"]) == ("honour_all", "2026-11-29")
    dropped_by = {name: counts["dropped"] for name, counts in block["protocols"].items()}
    assert dropped_by == {
        "aipref": 1,
        "c2pa": 0,
        "content_signal": 1,
        "robots": 2,
        "rsl": 0,
        "tdmrep": 0,
        "x_robots": 2,
    }
    assert block["protocols"]["robots"] == {"checked": 5, "disallow": 2, "dropped": 2}
    assert block["protocols"] == source["counts"]


def test_the_same_command_finds_nothing_to_do_and_a_changed_copy_is_read_again(corpus: Path) -> None:
    before = small_corpus.tree_digests(corpus.parent / "out" / "release")
    assert rhizotron("run", corpus).exit_code == 0
    assert small_corpus.tree_digests(corpus.parent / "out" / "release") == before


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"policy": "not_applicable"}, 0),
        ({"policy": "honour_listed", "protocols": ["x_robots", "aipref"]}, 3),
        ({"policy": "honour_all", "agents": ["Googlebot"]}, 5),
    ],
)
def test_a_source_may_have_a_policy_of_its_own(policy: dict[str, Any], expected: int, tmp_path: Path) -> None:
    path = write(tmp_path, type="warc")
    raw = yaml.safe_load(path.read_text())
    raw["sources"][0]["reservations"] = policy
    path.write_text(yaml.safe_dump(raw))
    assert rhizotron("ingest", path).exit_code == 0
    assert len(dropped(path) if expected else []) == expected
    terms = make_plan(path).job.reservations[CARDS["warc"]]
    assert terms.policy == policy["policy"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("policy: honour_all, signals: []", ("honour_all", len(PROTOCOLS))),
        ("policy: not_applicable, signals: []", ("not_applicable", len(PROTOCOLS))),
        ("policy: honour_listed, honoured: [robots, terms], signals: []", ("honour_listed", 1)),
        ("policy: unknown, signals: []", ("honour_all", len(PROTOCOLS))),
    ],
)
def test_a_card_says_the_policy_where_the_corpus_file_does_not(
    said: str, expected: tuple[str, int], tmp_path: Path
) -> None:
    path = write(tmp_path, type="warc")
    card = tmp_path / "cards" / f"{CARDS['warc']}.md"
    block = f"reservation: {{checked_at: 2024-02-20, {said}}}"
    card.write_text(card.read_text().replace("\naccess_tier:", f"\n{block}\naccess_tier:"))
    terms = make_plan(path).job.reservations[CARDS["warc"]]
    assert (terms.policy, len(terms.protocols)) == expected
    raw = yaml.safe_load(path.read_text())
    raw["reservations"]["policy"] = "not_applicable"
    path.write_text(yaml.safe_dump(raw))
    warnings = [each for each in make_plan(path, looks=True).look.warnings if "its card says" in each]
    assert len(warnings) == ("unknown" not in said and "not_applicable" not in said)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"policy": "honour"}, "reservations.policy"),
        ({"policy": "honour_listed"}, "protocols are listed with policy: honour_listed, and only with it"),
        ({"protocols": ["robots"]}, "protocols are listed with policy: honour_listed, and only with it"),
        ({"robots": "nowhere"}, "$.reservations.robots: no file below"),
        ({"agents": ["GPT Bot"]}, "a product token"),
        ({"robots_date": "2026-13-45"}, "robots_date"),
        ({"robots_date": "2026-11-29 or so"}, "robots_date"),
        ({"robots_date": "20261129"}, "robots_date"),
        ({"robot": "copies"}, "robot"),
    ],
)
def test_a_wrong_policy_is_told(given: dict[str, Any], message: str, tmp_path: Path) -> None:
    result = rhizotron("plan", write(tmp_path, type="warc", reservations=given))
    assert result.exit_code == 2
    assert message in result.output


def test_a_pseudo_crawl_fetches_no_page_that_a_list_blocks(tmp_path: Path) -> None:
    (tmp_path / "blocked.txt").write_text("plain.example\n")
    lists = {
        "name": "own",
        "paths": ["blocked.txt"],
        "format": "domains",
        "version": "1",
        "license": "CC0-1.0",
    }
    path = write(tmp_path, type="cdxj", url_lists=[lists])
    assert rhizotron("ingest", path).exit_code == 0
    lines = rhizotron("dropped", path, "--reason", "blocked_url", "--json").output.splitlines()
    rows = [json.loads(line) for line in lines]
    assert {(row["detail"], row["record_id"]) for row in rows} == {("plain.example is in own 1", None)}
    assert len(rows) == 2, "the page and the robots.txt of the site"


def test_a_manifest_in_a_text_is_read_before_edits_remove_it(tmp_path: Path) -> None:
    entries = b"\xa1gentries\xa1pcawg.ai_training\xa1cusejnotAllowed"
    label = b"cawg.training-mining\0"

    def box(kind: bytes, content: bytes) -> bytes:
        return (8 + len(content)).to_bytes(4, "big") + kind + content

    manifest = box(b"jumb", box(b"jumd", bytes(17) + label) + box(b"cbor", entries))
    rows = [
        {"id": "free", "text": TEXTS[0], "lang": "en"},
        {"id": "reserved", "text": c2pa_text.embed_manifest(TEXTS[1], manifest), "lang": "en"},
    ]
    fields = {"text": "text", "id": "id", "lang": "lang"}
    source = {"card": "health_json", "type": "jsonl", "paths": ["data/rows.jsonl"], "fields": fields}
    changes = {"sources": [source], "max_bad_fraction": 0.9}
    path = small_corpus.write_corpus(tmp_path, rows=rows, changes=changes)
    assert rhizotron("ingest", path).exit_code == 0
    (row,) = dropped(path)
    assert (row["record_id"], row["detail"]) == (
        "reserved",
        "c2pa: 'cawg.training-mining: cawg.ai_training=notAllowed' (text: text)",
    )
