"""The page of an audit: its structure, its colours, and nothing of a stranger's text in its markup."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from governance.audit.report import make_report, to_json
from governance.pages.audit.draw import draw
from governance.pages.audit.page import FIGURES, render_csvs, render_page
from governance.visible import CONTROLS
from tests.governance.audit.small import audited, card, change, line, manifest, rows
from tests.governance.pages.test_strangers_text import HOSTILE, tags

STYLE = Path(__file__).parents[3] / "governance" / "pages"
TAGS = ("sw", "yo", "ur")


def report(word: str = "word") -> dict[str, Any]:
    """A report with a figure of each kind but intervals, and texts that are what word says."""
    languages = {
        tag: {"wiki": {"CC-BY-SA-4.0": (9, 900), word: (1, 100)}, "news": {"CC0-1.0": (5, 50)}}
        for tag in TAGS
    }
    ledger = [line("decisions", "read", 100, lang=tag) for tag in TAGS]
    ledger += [line("decisions", "dropped", 9, lang=tag, reason="words_below_min") for tag in TAGS]
    ledger += [line("measured", "kept", 9, lang_declared="sw", lang=tag) for tag in TAGS]
    ledger += [line("release", "kept", 15, lang=tag) for tag in TAGS]
    counted = rows(
        documents=45, hosts={word: 3}, unchecked_hosts={word: 3}, years={"2020": 9}, states={"unchecked": 3}
    )
    fields = {"doc_id": "a" * 32, "title": word, "extra": {"note": word}, "source": "wiki", "script": "Arab"}
    sample = {"path": f"data/{word}", "row": 0, "seed": "s", "text": word, "fields": fields}
    counted.samples = {
        tag: [sample | {"fields": fields | {"script": "Latn"}} if tag != "ur" else sample] for tag in TAGS
    }
    counted.repeated = [("wiki", word, 9, 3)]
    cards = {
        uid: change(card(uid), "custodian.name", word).model_copy(update={"name": word})
        for uid in ("wiki", "news")
    }
    made = manifest(languages, ledger=ledger)
    made = made.model_copy(update={"name": word, "version": word})
    released = make_report(audited(made, cards=cards, rows=counted), manifest_sha256="d" * 64)
    return dict(json.loads(to_json(released)))


class Reader(HTMLParser):
    """What a reader of a page without eyes is given."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.svgs: list[dict[str, str | None]] = []
        self.tables: list[set[str]] = []
        self.scopes: list[str | None] = []
        self.blocks: list[tuple[str | None, str | None]] = []
        self.outside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        if given.get("id"):
            self.ids.append(str(given["id"]))
        self.targets += [str(given["href"])[1:] for name in ["href"] if str(given.get(name)).startswith("#")]
        self.targets += str(given.get("aria-labelledby") or "").split()
        self.outside += [str(value) for name, value in attrs if name in ("src", "srcset", "style") and value]
        if tag == "svg":
            self.svgs.append(given)
        if tag == "table":
            self.tables.append(set())
        elif self.tables:
            self.tables[-1].add(tag)
        if tag == "th":
            self.scopes.append(given.get("scope"))
        if tag == "blockquote":
            self.blocks.append((given.get("lang"), given.get("dir")))


@pytest.fixture(scope="module")
def page() -> str:
    return render_page(report())


def test_headings_anchors_figures_and_tables_are_those_of_a_page_that_can_be_heard(page: str) -> None:
    read = Reader(page)
    assert read.headings[0] == 1 and read.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(read.headings, read.headings[1:], strict=False))
    assert len(read.ids) == len(set(read.ids)) and set(read.targets) <= set(read.ids)
    assert {f"{letter}1" for letter in "ABCDEFGHI"} <= set(read.ids)
    assert len(read.svgs) >= 8
    assert all(svg["role"] == "img" and svg["aria-labelledby"] for svg in read.svgs)
    assert all({"caption", "thead", "tbody", "th"} <= inside for inside in read.tables)
    assert set(read.scopes) == {"row", "col"}
    assert read.blocks == [("sw", "ltr"), ("ur", "rtl"), ("yo", "ltr")]


def test_the_page_needs_nothing_but_itself(page: str) -> None:
    assert [each for each in Reader(page).outside if not each.startswith("--n:")] == []
    assert "<script" not in page and "<link" not in page and "@import" not in page and "url(" not in page
    assert "font-family=" not in page.partition("<body>")[2]
    assert not re.search(r"#0[abcd]000\d", page), (
        "a colour of a drawing that the style sheet does not resolve"
    )
    variables = set(re.findall(r"var\((--[a-z0-9]+)\)", page.partition("<body>")[2]))
    assert variables and variables <= set(re.findall(r"(--[a-z0-9]+):", page.partition("</style>")[0]))


def test_a_question_that_cannot_be_answered_says_so_and_draws_nothing(page: str) -> None:
    article = re.search(r'<article id="G1".*?</article>', page, flags=re.DOTALL)
    assert article is not None and "Not answerable: missing the block `personal_data`" in article[0]
    assert "<svg" not in article[0] and "<table" not in article[0]


def test_numbers_that_are_all_nothing_are_a_table_and_no_empty_drawing() -> None:
    made = report()
    figure = next(f for each in made["answers"] for f in each["figures"] if f["name"] == "D1")
    figure["rows"] = [[name, group, 0] for name, group, _ in figure["rows"]]
    page = render_page(made)
    assert 'id="D1-title"' not in page and f"<caption>{figure['title']}" in page


def test_the_same_report_gives_the_same_page_and_every_drawing_has_its_numbers(page: str) -> None:
    made = report()
    assert render_page(made) == page
    files = render_csvs(made)
    for answer in made["answers"]:
        for figure in answer["figures"]:
            rows_of_csv = files[f"{figure['name']}.csv"].splitlines()
            assert len(rows_of_csv) == len(figure["rows"]) + 1
            assert (f"{FIGURES}/{figure['name']}.csv" in page) == bool(figure["rows"])


@pytest.mark.parametrize("kind", ["bars", "heat", "columns", "treemap", "intervals"])
def test_a_drawing_has_shapes_and_the_words_that_name_it(kind: str) -> None:
    values: list[Any] = (
        [["a", 0.1, 0.2, 0.3, 4]]
        if kind == "intervals"
        else [["a", 3]]
        if kind == "columns"
        else [["a", "b", 3]]
    )
    figure = {
        "name": "X1",
        "kind": kind,
        "title": "T",
        "description": "D",
        "unit": "",
        "columns": "abcde",
        "rows": values,
    }
    svg = draw(figure, labels={"a": "Alpha"})
    assert '<title id="X1-title">T</title><desc id="X1-desc">D</desc>' in svg
    assert svg.count("<path") + svg.count("<line") > 0 and "var(--" in svg
    assert ("Alpha" in svg) == (kind in ("bars", "heat", "intervals"))


@pytest.mark.parametrize("text", HOSTILE)
def test_the_page_has_no_tag_of_the_data(text: str, page: str) -> None:
    made = report(text)
    hostile = render_page(made)
    assert _without_breaks(tags(hostile)) == _without_breaks(tags(page))
    assert not re.search(f"[{CONTROLS}]", hostile.partition("<body>")[2])
    for content in render_csvs(made).values():
        assert not re.search(f"[{CONTROLS}]", content)


def _without_breaks(seen: list[tuple[str, tuple[str, ...]]]) -> list[tuple[str, tuple[str, ...]]]:
    """Drawings differ with the length of their words: only what may stand in one is compared, once."""
    drawn = {"g", "/g", "path", "/path", "text", "/text", "line", "/line", "rect", "/rect"}
    return [each for each in seen if each[0] not in drawn]


def test_a_cell_that_a_spreadsheet_would_run_begins_with_an_apostrophe() -> None:
    assert "\n'=cmd()," in render_csvs(report("=cmd()"))["F3.csv"]


def luminance(colour: str) -> float:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_have_the_contrast_that_wcag_asks_for(scheme: str) -> None:
    css = "".join((STYLE / name).read_text("utf-8") for name in ("page.css", "audit/audit.css"))
    dark = re.findall(r"@media \(prefers-color-scheme: dark\) \{ :root \{(.*?)\} \}", css, flags=re.DOTALL)
    light = re.findall(r"^:root \{(.*?)\}", css, flags=re.DOTALL | re.MULTILINE)
    values = dict(re.findall(r"--([a-z0-9]+): (#[0-9a-f]{6}|#[0-9a-f]{3})\b", " ".join(light)))
    if scheme == "dark":
        values |= dict(re.findall(r"--([a-z0-9]+): (#[0-9a-f]{6}|#[0-9a-f]{3})\b", " ".join(dark)))
    paper = values["paper"]
    for name in ("ink", "soft", "link", "pass", "warn", "fail", "none", "info"):
        assert contrast(values[name], paper) >= 4.5, name
    for name in ("ink", "soft", "link"):
        assert contrast(values[name], values["tint"]) >= 4.5, name
    for place in range(8):
        assert contrast(values["ink"], values[f"t{place}"]) >= 4.5, f"t{place}"
        assert contrast(values[f"c{place}"], paper) >= 3, f"c{place}"
    assert contrast(values["h5"], values["h0"]) >= 4.5


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_is_wider_than_the_screen_in_a_browser(width: int, page: str, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    # a window is at least 500 wide, a frame is what it is told
    (tmp_path / "frame.html").write_text(
        f'<iframe src="report.html" width="{width}" height="900"></iframe><script>onload = () => {{'
        "const page = document.querySelector('iframe').contentDocument; const svgs = "
        "page.querySelectorAll('svg');"
        "document.body.innerText = JSON.stringify({wide: page.documentElement.scrollWidth, svgs: "
        "svgs.length, "
        "ink: page.defaultView.getComputedStyle(svgs[0].querySelector('text')).fill, "
        "scrolls: [...page.querySelectorAll('.scroll')].every((each) => each.tabIndex === 0)});}</script>",
        encoding="utf-8",
    )
    done = subprocess.run(
        [
            *(str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"),
            *(f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=20000", "--dump-dom"),
            (tmp_path / "frame.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    found = re.search(r"\{.*\}", done.stdout)
    assert found is not None, done.stdout
    seen = json.loads(found[0])
    assert seen["wide"] <= width and seen["scrolls"]
    assert seen["svgs"] == page.count("<svg") and seen["ink"].startswith("rgb(")
