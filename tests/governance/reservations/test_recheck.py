"""Today's files of sites against yesterday's captures: the loss per language, the lists, the network."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import small_corpus
import yaml
from click.testing import CliRunner, Result

from pipeline.cli import main
from pipeline.inspect.site_fetch import SiteFetcher, Unreachable, is_public

PER_LANG = 9


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """English is of one site, French of another, all else of none that has a file."""
    rows = [
        {"id": f"{lang}-{n}", "text": text, "lang": lang, "url": f"https://{lang}.example/{n % 3}/{n}"}
        for lang, texts in small_corpus.PARAGRAPHS.items()
        for n, text in enumerate(texts[:PER_LANG])
    ]
    source = {
        "card": "health_json",
        "type": "jsonl",
        "paths": ["data/rows.jsonl"],
        "fields": {"text": "text", "id": "id", "lang": "lang", "url": "url"},
    }
    decide = {"quality": False}
    changes = {"sources": [source], "decide": decide, "max_bad_fraction": 0.5}
    path = small_corpus.write_corpus(tmp_path_factory.mktemp("recheck"), rows=rows, changes=changes)
    copies = path.parent / "today"
    (copies / "fr.example" / ".well-known").mkdir(parents=True)
    (copies / "en.example.txt").write_text("User-agent: *\nDisallow: /1/\n")
    entries = [{"location": "/", "tdm-reservation": 1}]
    (copies / "fr.example" / ".well-known" / "tdmrep.json").write_text(json.dumps(entries))
    (copies / "en.example.evil.txt").write_text("User-agent: *\nDisallow: /\n")
    result = rhizotron("run", path)
    assert result.exit_code == 0, result.output
    return path


def answer(corpus: Path, *arguments: object) -> dict[str, Any]:
    result = rhizotron("reservations", *arguments, "--robots", corpus.parent / "today", "--json")
    assert result.exit_code == 0, result.output
    read: dict[str, Any] = json.loads(result.stdout)
    return read


def test_the_loss_per_language_is_told_as_a_policy(corpus: Path) -> None:
    report = answer(corpus, corpus, "--date", "2026-11-29")
    assert (report["policy"], report["checked_at"]) == ("retroactive", "2026-11-29")
    assert "not retroactive" in report["policy_note"]
    english, french = report["languages"]["en"], report["languages"]["fr"]
    assert english["reserved_documents"] == 3
    assert english["share_of_documents"] == round(3 / english["documents"], 6)
    assert 0 < english["share_of_bytes"] == round(english["reserved_bytes"] / english["bytes"], 6) < 1
    assert french["reserved_documents"] == french["documents"] == french["checked_documents"]
    assert french["share_of_bytes"] == 1
    others = [loss for lang, loss in report["languages"].items() if lang not in ("en", "fr")]
    assert {loss["checked_documents"] for loss in others} == {0}
    assert report["total"]["reserved_documents"] == 3 + french["documents"]
    assert report["protocols"] == {"robots": 3, "tdmrep": french["documents"]}
    assert report["sites"]["with_copy"] == 2


@pytest.mark.parametrize("place", ["out", "out/release", "out/raw", "out/measured"])
def test_releases_and_layers_are_asked_alike(place: str, corpus: Path) -> None:
    report = answer(corpus, corpus.parent / place)
    assert report["languages"]["en"]["reserved_documents"] == 3
    assert report["protocols"]["robots"] == 3


def test_the_table_names_policy_loss_and_list(corpus: Path, tmp_path: Path) -> None:
    listed = tmp_path / "reserved.jsonl"
    result = rhizotron("reservations", corpus, "--robots", corpus.parent / "today", "--to", listed)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("policy: retroactive – what sites say today is applied to captures")
    assert "nothing is removed yet" in result.output
    rows = [json.loads(line) for line in listed.read_text().splitlines()]
    english = [row for row in rows if row["lang"] == "en"]
    assert [row["url"] for row in english if row["signal"]["line"] != 2] == []
    assert {row["url"] for row in english} == {f"https://en.example/1/{n}" for n in (1, 4, 7)}


def test_a_list_is_a_url_list_or_a_removal_request(corpus: Path, tmp_path: Path) -> None:
    urls, request = tmp_path / "urls.txt", tmp_path / "request.yaml"
    for path in (urls, request):
        answer(corpus, corpus, "--to", path, "--date", "2026-11-29")
    lines = urls.read_text().splitlines()
    assert "en.example/1/1" in lines and not any(line.startswith("#") for line in lines)
    read = yaml.safe_load(request.read_text())
    assert (read["kind"], read["action"], read["decision"]["state"]) == (
        "tdm_reservation",
        "drop_document",
        "received",
    )
    values = {each["value"] for each in read["selectors"]}
    assert "https://en.example/1/1" in values and len(read["request_id"]) == 26


def test_an_agent_may_be_asked_for(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "en.example.txt").write_text("User-agent: OtherBot\nDisallow: /\n")
    for agent, count in (("OtherBot", PER_LANG), ("GPTBot", 0)):
        result = rhizotron("reservations", corpus, "--robots", tmp_path, "--agent", agent, "--json")
        english = json.loads(result.stdout)["languages"]["en"]
        assert english["reserved_documents"] == min(count, english["documents"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["CORPUS", "--robots", "nowhere"], "--robots nowhere: no file below it"),
        (["nowhere", "--robots", "TODAY"], "nowhere is neither a release nor a layer"),
        (["CORPUS", "--robots", "TODAY", "--to", "list.csv"], "a list is a .jsonl, .yaml"),
        (["CORPUS"], "Missing option '--robots'"),
    ],
)
def test_what_cannot_be_is_told(arguments: list[str], message: str, corpus: Path) -> None:
    words = {"CORPUS": str(corpus), "TODAY": str(corpus.parent / "today")}
    result = rhizotron("reservations", *(words.get(word, word) for word in arguments))
    assert result.exit_code == 2
    assert message in result.output


def test_a_folder_of_a_stranger_is_left_alone(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text("{}")
    assert rhizotron("reservations", tmp_path, "--robots", corpus.parent / "today").exit_code == 2
    assert (tmp_path / "key.json").read_text() == "{}"


# The network


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("192.0.2.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("2606:2800:220:1::1", True),
        ("::ffff:192.168.1.1", False),
        ("64:ff9b::c0a8:1", False),
        ("64:ff9b::5db8:d822", True),
        ("2002:c0a8:101::", False),
    ],
)
def test_private_addresses_are_no_public_ones_however_they_are_wrapped(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    asked_by: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            asked_by.append(self.headers["User-Agent"])
            path = self.path
            port = self.server.server_port  # type: ignore[attr-defined]
            if path == "/moved":
                self.send_response(301)
                self.send_header("Location", "/robots.txt")
            elif path == "/loop":
                self.send_response(302)
                self.send_header("Location", "/loop")
            elif path == "/robots.txt":
                self.send_response(200)
            else:
                self.send_response(500 if path == "/broken" else 404)
            self.end_headers()
            if path == "/robots.txt":
                self.wfile.write(b"User-agent: *\nDisallow: /\n" + b"# %d\n" % port)

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.asked_by = asked_by  # type: ignore[attr-defined]
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()


def test_a_site_is_asked_by_name_and_a_private_one_is_not(server: ThreadingHTTPServer) -> None:
    site = f"127.0.0.1:{server.server_port}"
    fetcher = SiteFetcher(allows_private=True)
    unreachable: dict[str, str] = {}
    (file,) = fetcher.fetch_sites([site], unreachable=unreachable)
    assert (file.site, file.kind, file.content[:13]) == (site, "robots", b"User-agent: *")
    assert file.date is not None and not unreachable
    agents = server.asked_by  # type: ignore[attr-defined]
    assert agents and all(agent.startswith("rhizotron/") for agent in agents)
    assert fetcher.fetch(f"http://{site}/moved").content.startswith(b"User-agent")
    assert fetcher.fetch(f"http://{site}/nothing").status == 404
    with pytest.raises(Unreachable, match="more than 5 redirects"):
        fetcher.fetch(f"http://{site}/loop")
    assert list(SiteFetcher().fetch_sites([site], unreachable=unreachable)) == []
    assert "which is not public" in unreachable[site]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/", "http://", "http://a:port/"])
def test_other_addresses_are_not_asked(url: str) -> None:
    with pytest.raises(Unreachable):
        SiteFetcher().fetch(url)


@pytest.mark.parametrize("date", ["yesterday", "2026-13-45", "2026-11-291", "2026-W48-1", ""])
def test_what_is_no_date_does_not_stand_in_an_answer(date: str, tmp_path: Path) -> None:
    (tmp_path / "robots.txt").write_text("User-agent: *\nDisallow: /\n")
    asked = ["--robots", tmp_path / "robots.txt", "--url", "https://example.org/", "--json", "--date"]
    refused = rhizotron("reservations", "check", *asked, date)
    assert (refused.exit_code, "Invalid value for '--date'" in refused.output) == (2, True)
    for given in ("2026-11-29", "2026-11-29T10:00:00Z"):
        dated = json.loads(rhizotron("reservations", "check", *asked, given).stdout)
        assert dated["decided_by"]["date"] == given
