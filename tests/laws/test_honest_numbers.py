"""Law 9: every number of a release's cards is recounted here from its shards, by other code."""

import hashlib
import json
import subprocess
from collections import Counter
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import small_corpus
import yaml

from filters import languages
from governance.reasons import describe
from pipeline.beam import runners
from pipeline.plan.make import make_plan

Row = dict[str, Any]
Table = list[list[str]]

CARD_SECTIONS = [
    "Sources",
    "Declared and assigned language",
    "Why documents were dropped",
    "Limits",
    "Human review",
    "Personal data",
    "Licences",
    "Known limits, in the words of the source cards",
]
README_SECTIONS = [
    "Languages",
    "Sources",
    "How to load",
    "From source to release",
    "Why documents were dropped",
    "Keys that several texts have",
    "Licences",
    "Human review",
    "What is in this folder",
    "How to check",
    "How to cite",
]
STATISTICS_SECTIONS = [
    "Duplicates",
    "Limits",
    "Reservations",
    "Personal data",
    "Known limits, in the words of the source cards",
    "Not answered",
    "Models",
]


def read(path: Path) -> list[Row]:
    with pa.memory_map(str(path)) as source:
        rows: list[Row] = pa.ipc.open_file(source).read_all().to_pylist()
    return rows


@dataclass
class Shards:
    """What the files of an output hold, row by row."""

    out: Path

    def __post_init__(self) -> None:
        release = self.out / "release"
        self.published = [row for path in release.glob("data/*/*/*.arrow") for row in read(path)]
        self.dropped = [row for path in release.glob("ledger/*.arrow") for row in read(path)]
        self.measured = [row for path in self.out.glob("measured/*/*.signals.arrow") for row in read(path)]
        self.records = [row for path in self.out.glob("raw/*/*.documents-*.arrow") for row in read(path)]
        self.sources = sorted(path.stem for path in release.glob("ledger/*.arrow"))

    def by_lang(self, lang: str) -> tuple[list[Row], list[Row]]:
        """(published, dropped by rules) of an assigned language."""
        return (
            [row for row in self.published if row["lang"] == lang],
            [row for row in self.dropped if row["stage"] == "decide" and row["lang"] == lang],
        )


def size(rows: list[Row]) -> int:
    return sum(len(row["text"].encode()) for row in rows)


def number(value: int) -> str:
    return f"{value:,}"


def share(part: int, total: int) -> str:
    """A percentage rounded half up, which is neither 0.0 % of something nor 100.0 % of less than all."""
    if total == 0:
        return "–"
    percent = (Decimal(100 * part) / total).quantize(Decimal("0.1"), ROUND_HALF_UP)
    if part and not percent:
        return "< 0.1 %"
    if part < total and percent == 100:
        return "> 99.9 %"
    return f"{percent} %"


def sections(text: str) -> dict[str, str]:
    """Heading → text below it; the text before the first heading is ''."""
    head, *parts = text.split("\n## ")
    return {"": head} | {part.split("\n", 1)[0]: part.split("\n", 1)[1] for part in parts}


def tables(text: str) -> list[Table]:
    """Rows of each table, without its header."""
    blocks: list[Table] = []
    before = ""
    for line in text.splitlines():
        if line.startswith("|"):
            if not before.startswith("|"):
                blocks.append([])
            blocks[-1].append([cell.strip() for cell in line.strip("|").split(" | ")])
        before = line
    return [rows[2:] for rows in blocks]


def licences(rows: list[Row]) -> Table:
    by_license = {
        name: [row for row in rows if row["license"] == name] for name in {r["license"] for r in rows}
    }
    ordered = sorted(by_license.items(), key=lambda item: (-size(item[1]), item[0]))
    return [
        [f"`{name}`", number(len(part)), number(size(part)), share(size(part), size(rows))]
        for name, part in ordered
    ]


def reasons(rows: list[Row], *, total: int) -> Table:
    stages = Counter((row["reason"], row["stage"]) for row in rows)
    counted = [
        [f"`{reason}`", stage, number(n), share(n, total), describe(reason)]
        for (reason, stage), n in stages.items()
    ]
    return sorted(counted, key=lambda row: (-int(row[2].replace(",", "")), row[1], row[0]))


FIELDS = "    url: url\n    license: license\n    author: author\n"


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    folder = tmp_path_factory.mktemp("honest")
    rows = [
        row | {"license": "CC-BY-4.0" if n % 3 else "MIT", "author": "TICO-19"}
        for n, row in enumerate(small_corpus.records())
    ]
    config = small_corpus.write_corpus(folder, rows=rows)
    config.write_text(config.read_text().replace("    url: url\n", FIELDS))
    runners.run(make_plan(config))
    return Shards(folder / "out")


def test_the_numbers_are_not_trivial(shards: Shards) -> None:
    assert len({row["license"] for row in shards.published}) == 3
    assert len({row["lang"] for row in shards.published}) == 9
    assert len({row["reason"] for row in shards.dropped}) > 8


@pytest.mark.parametrize("lang", languages.TAGS)
def test_every_number_of_a_language_card(lang: str, shards: Shards) -> None:
    text = (shards.out / "release" / "cards" / f"{lang}.md").read_text(encoding="utf-8")
    parts = sections(text)
    kept, dropped = shards.by_lang(lang)
    assert [*parts] == ["", *CARD_SECTIONS[: None if kept or dropped else -1]]
    if kept:
        assert f"\n{number(len(kept))} documents, {number(size(kept))} bytes of UTF-8 text." in parts[""]
    else:
        assert "The release has no documents of this language." in parts[""]
    assert tables(parts["Sources"]) == expected_sources(kept, dropped)
    check_languages(parts["Declared and assigned language"], lang=lang, shards=shards)
    check_reasons(parts["Why documents were dropped"], kept=kept, dropped=dropped)
    check_limits(parts["Limits"], lang=lang)
    assert parts["Human review"].strip() == "No human review was done."
    assert tables(parts["Licences"]) == ([licences(kept)] if kept else [])


def expected_sources(kept: list[Row], dropped: list[Row]) -> list[Table]:
    rows = []
    for uid in sorted({row["source"] for row in [*kept, *dropped]}):
        mine = [row for row in kept if row["source"] == uid]
        read = len(mine) + sum(row["source"] == uid for row in dropped)
        shares = share(len(mine), read), share(size(mine), size(kept))
        rows.append(
            [
                f"[`{uid}`](sources/{uid}.md)",
                number(read),
                number(len(mine)),
                shares[0],
                number(size(mine)),
                shares[1],
            ]
        )
    return [rows] if rows else []


def check_languages(text: str, *, lang: str, shards: Shards) -> None:
    """What was assigned was declared as; what was declared was assigned to; how it was assigned."""
    declared = Counter(row["lang_declared"] or "" for row in shards.measured if row["lang"] == lang)
    away = Counter(
        row["lang"] for row in shards.measured if row["lang_declared"] == lang and row["lang"] != lang
    )
    status = Counter(row["lang_status"] for row in shards.published if row["lang"] == lang)
    expected = []
    if declared:
        total = declared.total()
        expected.append(
            [
                [f"`{tag}`" if tag else "not declared", number(n), share(n, total)]
                for tag, n in sorted(declared.items())
            ]
        )
    if away:
        expected.append([[f"`{tag}`", number(n)] for tag, n in sorted(away.items())])
    if status:
        expected.append(
            [[f"`{name}`", number(n), share(n, status.total())] for name, n in sorted(status.items())]
        )
    assert tables(text) == expected


def check_reasons(text: str, *, kept: list[Row], dropped: list[Row]) -> None:
    read = len(kept) + len(dropped)
    assert tables(text) == ([reasons(dropped, total=read)] if dropped else [])
    duplicates = sum(
        row["reason"] in ("duplicate_key", "exact_duplicate", "near_duplicate") for row in dropped
    )
    if read:
        assert f"Dropped only as duplicates: {number(duplicates)} ({share(duplicates, read)} of" in text
    if dropped:
        assert f"Shares are of the {number(read)} documents assigned" in text


def check_limits(text: str, *, lang: str) -> None:
    """The limits are those of the language's file."""
    raw = yaml.safe_load((Path(languages.__file__).parent / f"{lang}.yaml").read_text(encoding="utf-8"))
    (rows,) = tables(text)
    assert [(row[0].strip("`"), bound(row[1]), bound(row[2]), row[4].strip("`")) for row in rows] == [
        (rule["signal"], rule.get("min"), rule.get("max"), rule["origin"]) for rule in raw["rules"]
    ]
    none = "People set no quality threshold for this language; the origin of each says who did."
    assert (none in text) is (not raw["has_quality_thresholds"])


def bound(cell: str) -> float | None:
    return None if cell == "–" else float(cell)


def test_languages_without_a_threshold_are_listed(shards: Shards) -> None:
    without = [tag for tag in languages.TAGS if not languages.load(tag).has_quality_thresholds]
    listed = ", ".join(f"`{tag}`" for tag in without)
    page = (shards.out / "release" / "STATISTICS.md").read_text(encoding="utf-8")
    sentence = "People set no quality threshold for: "
    assert (f"{sentence}{listed}." in page) if without else (sentence not in page)


def split_readme(shards: Shards) -> tuple[dict[str, Any], dict[str, str]]:
    text = (shards.out / "release" / "README.md").read_text(encoding="utf-8")
    _, front, body = text.split("---\n", 2)
    parts = sections(body)
    assert [*parts] == ["", *README_SECTIONS]
    return yaml.safe_load(front), parts


def split_statistics(shards: Shards) -> dict[str, str]:
    parts = sections((shards.out / "release" / "STATISTICS.md").read_text(encoding="utf-8"))
    assert [*parts] == ["", *STATISTICS_SECTIONS]
    return parts


def test_the_summary_of_the_readme(shards: Shards) -> None:
    _, parts = split_readme(shards)
    rows = shards.published
    langs = len({row["lang"] for row in rows})
    assert (
        f"{number(len(rows))} documents, {number(size(rows))} bytes of UTF-8 text, in {langs} of "
        f"{len(languages.TAGS)} target languages, from {len(shards.sources)} sources."
    ) in parts[""]


def test_the_languages_of_the_readme(shards: Shards) -> None:
    _, parts = split_readme(shards)
    (rows,) = tables(parts["Languages"])
    expected = []
    for tag in languages.TAGS:
        kept, dropped = shards.by_lang(tag)
        rest = [share(len(kept), len(kept) + len(dropped)), mix(kept), origins(tag)]
        count = number(len(kept)) if kept else "no documents"
        part = share(size(kept), size(shards.published))
        link = f"[`{tag}`](cards/{tag}.md)"
        expected.append([link, count, number(size(kept)), part, *rest])
    assert [[row[0], *row[2:]] for row in rows] == expected


def mix(rows: list[Row]) -> str:
    """The two licences of most bytes, and how many more."""
    ordered = sorted({row["license"] for row in rows}, key=lambda name: (-size(under(name, rows)), name))
    named = [f"{name} {share(size(under(name, rows)), size(rows))}" for name in ordered[:2]]
    more = [f"{len(ordered) - 2} more"] if len(ordered) > 2 else []
    return ", ".join([*named, *more]) or "–"


def under(license: str, rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["license"] == license]


def origins(tag: str) -> str:
    counts = Counter(rule.origin for rule in languages.load(tag).rules)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    more = [f"{len(ordered) - 2} more"] if len(ordered) > 2 else []
    return ", ".join([*(f"{origin} {n}" for origin, n in ordered[:2]), *more]) or "none"


def test_the_sources_of_the_readme(shards: Shards) -> None:
    _, parts = split_readme(shards)
    (cited,) = tables(parts["Sources"])
    (funnel,) = tables(parts["From source to release"])
    expected_origins, expected_funnel = [], []
    for uid in shards.sources:
        kept = [row for row in shards.published if row["source"] == uid]
        lost = Counter(row["stage"] for row in shards.dropped if row["source"] == uid)
        mine = f"raw/{uid}/*.documents-*.arrow"
        read_rows = sum(len(read(path)) for path in shards.out.glob(mine)) + lost["ingest"]
        expected_origins.append([number(len(kept)), share(size(kept), size(shards.published))])
        stages = [number(lost[stage]) for stage in ("ingest", "measure", "decide")]
        expected_funnel.append([f"`{uid}`", number(read_rows), *stages, number(len(kept))])
    assert [row[-2:] for row in cited] == expected_origins
    assert funnel == expected_funnel


def test_the_reasons_limits_and_licences_of_the_readme(shards: Shards) -> None:
    _, parts = split_readme(shards)
    total = len(shards.records) + sum(row["stage"] == "ingest" for row in shards.dropped)
    assert tables(parts["Why documents were dropped"]) == [reasons(shards.dropped, total=total)]
    assert f"Shares are of the {number(total)} records read." in parts["Why documents were dropped"]
    assert tables(parts["Licences"]) == [licences(shards.published)]
    assert parts["Human review"].strip() == "No human review was done."
    every = sorted({rule.origin for tag in languages.TAGS for rule in languages.load(tag).rules})
    assert tables(split_statistics(shards)["Limits"]) == [
        [
            [
                f"`{tag}`",
                *(str([rule.origin for rule in languages.load(tag).rules].count(o)) for o in every),
            ]
            for tag in languages.TAGS
        ]
    ]


def test_the_keys_of_several_texts_of_the_readme(shards: Shards) -> None:
    _, parts = split_readme(shards)
    keys: dict[str, Counter[str]] = {}
    for row in [*shards.published, *shards.dropped]:
        if row["key_id"] is not None:
            keys.setdefault(row["source"], Counter())[row["key_id"]] += 1
    (rows,) = tables(parts["Keys that several texts have"])
    assert [row[:3] for row in rows] == [
        [f"`{uid}`", number(len(count)), number(count.total())] for uid, count in sorted(keys.items())
    ]
    assert [row[3] for row in rows] == ["`fr-0`"]


def test_the_duplicates_of_the_statistics(shards: Shards) -> None:
    parts = split_statistics(shards)
    dropped = [row for row in shards.dropped if row["stage"] == "decide"]
    # every member of a cluster of n counts for an n-th of it
    clusters: Counter[str] = Counter()
    for row in [*shards.published, *dropped]:
        if row["cluster_size"] > 1:
            low = 1 << row["cluster_size"].bit_length() - 1
            clusters[f"{low}–{2 * low - 1}"] += Fraction(1, row["cluster_size"])  # type: ignore[assignment]
    twins = [row for row in dropped if row["duplicate_method"]]
    pairs = Counter((row["source"], row["kept_source"]) for row in twins)
    assert len(pairs) > 1
    sizes, overlaps = tables(parts["Duplicates"])
    assert sizes == [[bounds, number(int(n))] for bounds, n in sorted(clusters.items())]
    none = "no document of the cluster is kept"
    assert overlaps == [
        [f"`{own}`", f"`{kept}`" if kept else none, number(n)]
        for (own, kept), n in sorted(pairs.items(), key=lambda item: (item[0][0], item[0][1] or ""))
    ]
    near = [row["kept_similarity"] for row in twins if row["duplicate_method"] == "minhash"]
    assert near and None not in near
    assert min(near) > 0.79
    assert f"Near duplicates: {number(len(near))}. Each was compared" in parts["Duplicates"]
    assert "is below 0.8 for 0." in parts["Duplicates"]


def test_the_digests_of_the_readme(shards: Shards) -> None:
    front, parts = split_readme(shards)
    release = shards.out / "release"
    files = [
        path
        for path in release.rglob("*")
        if path.is_file() and path not in (release / "README.md", release / "manifest.json")
    ]
    lines = sorted(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(release)}\n".encode()
        for path in files
    )
    root = hashlib.sha256(b"".join(lines)).hexdigest()
    command = next(line for line in parts["How to check"].splitlines() if line.startswith("    find"))
    shell = subprocess.run(command, shell=True, cwd=release, capture_output=True, text=True, check=True)
    assert shell.stdout.split()[0] == root
    assert f"    {root}\n" in parts["How to check"]
    assert root in parts["How to cite"]
    assert front["rhizotron"]["merkle_root"] == root


def test_the_front_matter(shards: Shards) -> None:
    front, _ = split_readme(shards)
    langs = sorted({row["lang"] for row in shards.published})
    assert front["language_bcp47"] == langs
    assert [config["config_name"] for config in front["configs"]] == langs
    assert "dataset_info" not in front
    assert front["source_datasets"] == ["original"]


def test_the_licence_page(shards: Shards) -> None:
    text = (shards.out / "release" / "LICENSES.md").read_text(encoding="utf-8")
    head, *parts = text.split("\n## ")
    assert tables(head) == [licences(shards.published)]
    for uid, part in zip(shards.sources, parts, strict=True):
        assert f"(`{uid}`)" in part
        assert tables(part)[1] == licences([row for row in shards.published if row["source"] == uid])


def test_the_manifest_lists_every_file_but_itself_and_says_what_it_holds(shards: Shards) -> None:
    release = shards.out / "release"
    manifest = json.loads((release / "manifest.json").read_bytes())
    files = {path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file()}
    assert [output["path"] for output in manifest["outputs"]] == sorted(files - {"manifest.json"})
    for output in manifest["outputs"]:
        path = release / output["path"]
        data = path.read_bytes()
        rows = len(read(path)) if path.suffix == ".arrow" else None
        expected = (hashlib.sha256(data).hexdigest(), len(data), rows)
        assert (output["sha256"], output["bytes"], output["rows"]) == expected
    for source in manifest["sources"].values():
        for file in source["inputs"]:
            data = (shards.out.parent / file["uri"]).read_bytes()
            span = data[file["start"] : file["stop"]]
            assert (file["sha256"], file["bytes"]) == (hashlib.sha256(span).hexdigest(), len(data))
