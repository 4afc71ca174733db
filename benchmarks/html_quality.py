"""Quality and speed of the extraction of pages, beside both libraries called directly.

    python -m benchmarks.html_quality PATH

PATH is a copy of the article extraction benchmark (github.com/scrapinghub/article-extraction-benchmark).
Its own definition: shingles of four words, precision and recall of each page, their means, F1 of the means.
*Lists* are items of `ul` of at least eight words that stand in the article: how many of them the text has.
Seconds are CPU time of parent and child together, without their start, best of some rounds.
"""

import gzip
import json
import os
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from benchmarks import report
from sources.reading.html import HtmlOptions, extract
from sources.reading.html.extraction import FAST, extract_page, extract_slim
from sources.reading.html.slim import slim, unpack
from sources.reading.mapping import BadRecord

_WORD = re.compile(r"\w+")
_SHINGLE_WORDS = 4
_MIN_ITEM_WORDS = 8

Extractor = Callable[[str], str]


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Runs of four words → how often; of a shorter text all of it."""
    words = _WORD.findall(text)
    runs = (tuple(words[n : n + _SHINGLE_WORDS]) for n in range(max(1, len(words) - _SHINGLE_WORDS + 1)))
    return Counter(run for run in runs if run)


def score(texts: Mapping[str, str], *, articles: Mapping[str, str]) -> tuple[float, float, float]:
    """(F1, precision, recall) as evaluate.py of the benchmark has them."""
    precisions, recalls = [], []
    for key, article in articles.items():
        true, predicted = shingles(article), shingles(texts[key])
        common = (true & predicted).total()
        if predicted:
            precisions.append(common / predicted.total())
        if true:
            recalls.append(common / true.total())
    precision, recall = statistics.mean(precisions), statistics.mean(recalls)
    return 2 * precision * recall / (precision + recall), precision, recall


def list_items(pages: Mapping[str, str], *, articles: Mapping[str, str]) -> list[tuple[str, str]]:
    """(page, words) of the items of lists that stand in the article."""
    from lxml import html

    items = []
    for key, page in pages.items():
        article = _words(articles[key])
        for item in html.fromstring(page.encode(), parser=html.HTMLParser(encoding="utf-8")).iterfind(
            ".//ul/li"
        ):
            words = _words(item.text_content())
            if words.count(" ") > _MIN_ITEM_WORDS and words in article:
                items.append((key, words))
    return items


def _words(text: str) -> str:
    return f" {' '.join(_WORD.findall(text))} "


def ours(extractor: str, structure: str = "text") -> Extractor:
    """By a child process, as sources use it."""
    options = HtmlOptions.model_validate({"extractor": extractor, "structure": structure})

    def run(page: str) -> str:
        try:
            return extract(page, options=options).text
        except BadRecord:
            return ""

    return run


def in_process(extractor: str) -> Extractor:
    """What the child does, without the pipes."""
    if extractor == FAST:
        return lambda page: str(extract_slim(unpack(b"".join(slim(page.encode()))), structure="text")["text"])
    return lambda page: str(extract_page(page.encode(), structure="text")["text"])


def works() -> dict[str, Extractor]:
    """Name → what is timed and judged."""
    import trafilatura
    from resiliparse.extract.html2text import extract_plain_text

    return {
        "resiliparse alone": lambda page: extract_plain_text(page, main_content=True),
        "`fast`": ours("fast"),
        "`fast`, without pipes": in_process("fast"),
        "`fast`, markdown": ours("fast", "markdown"),
        "trafilatura alone": lambda page: trafilatura.extract(page, include_comments=False) or "",
        "trafilatura alone, with its metadata": lambda page: (
            trafilatura.extract(page, include_comments=False, with_metadata=True) or ""
        ),
        "`precise`": ours("precise"),
    }


def cpu_seconds() -> float:
    """Of this process and of the children that live."""
    clock = os.sysconf("SC_CLK_TCK")
    seconds = time.process_time()
    own = os.getpid()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == own:
            seconds += (int(fields[11]) + int(fields[12])) / clock
    return seconds


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--rounds", type=int, default=5, show_default=True)
def main(path: Path, rounds: int) -> None:
    """Quality and CPU time of each way to the text of the benchmark's pages."""
    truth = json.loads((path / "ground-truth.json").read_text("utf-8"))
    articles = {key: value["articleBody"] for key, value in truth.items()}
    pages = {key: gzip.decompress((path / "html" / f"{key}.html.gz").read_bytes()).decode() for key in truth}
    items = list_items(pages, articles=articles)
    click.echo(f"{report.heading()}\n\n{len(pages)} pages, {len(items)} items of lists, best of {rounds}\n")
    click.echo("| extractor | F1 | precision | recall | lists | pages per CPU-second |")
    click.echo("|---|---:|---:|---:|---:|---:|")
    for name, run in works().items():
        texts = {key: run(page) for key, page in pages.items()}
        kept = sum(words in _words(texts[key]) for key, words in items)
        times = []
        for _ in range(rounds if "fast" in name or "resiliparse" in name else 1 + rounds // 4):
            start = cpu_seconds()
            for page in pages.values():
                run(page)
            times.append(cpu_seconds() - start)
        f1, precision, recall = score(texts, articles=articles)
        speed = len(pages) / min(times)
        click.echo(f"| {name} | {f1:.4f} | {precision:.4f} | {recall:.4f} | {kept} | {speed:.0f} |")


if __name__ == "__main__":
    main()
