"""Share of gitleaks' rules whose secrets our detectors find, and what they find in its negative examples.

    python -m benchmarks.secrets_gitleaks GITLEAKS.toml [--each 20] [--seed 1] [--sources FOLDER] [--missed N]

Of each rule of the file, values are made from its own pattern by chance and planted in sentences of the demo
corpus in 46 languages; only texts in which the rule itself, with its keywords, entropy and allowlists, reports
the value count. A value is found where every character of it that chance filled lies in a span: what a pattern
has as letters is no secret. FOLDER holds Go sources with lists `fps`; of their texts those count in which no
rule of the file reports anything.
"""

import argparse
import itertools
import random
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from benchmarks.personal_data.__main__ import read_sentences
from benchmarks.personal_data.go_lists import read_negatives
from benchmarks.personal_data.patterns import make_example
from filters.personal_data.find import find_spans
from filters.personal_data.rule_file import FileRule, RuleFile, read_rules

KINDS = ("api_key", "private_key", "url_credentials")
FRAMES = ("{} {} {}", "{}: {} {}", "{}\n{}\n{}", "{}\n\n{}\n\n{}", "{} `{}` {}")
_NAME = re.compile(r"""[\w.-]+:[ \t|>+-]*\s+["']?""")
"""The name of an entry, which the group of a rule has before the value."""
MAX_TRIES = 400


class Planted(NamedTuple):
    """A text with a secret whose characters at `drawn` are to be found."""

    text: str
    drawn: frozenset[int]


def load_rules(path: Path) -> tuple[RuleFile, dict[str, str]]:
    """The rules of a file, also those that are for files of a path; patterns by name."""
    tables: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    rows = [
        {name: value for name, value in row.items() if name != "path"} for row in tables["rules"] if "regex" in row
    ]
    return read_rules({**tables, "rules": rows}), {row["id"]: row["regex"] for row in rows}


def plant(
    rule: FileRule, regex: str, *, rng: random.Random, sentences: Sequence[str], each: int
) -> Iterator[Planted]:
    """Up to `each` texts in which a rule finds a value that was made from its pattern."""
    made = 0
    for _ in range(each * MAX_TRIES):
        if made == each:
            return
        example = make_example(regex, rng=rng)
        if not example.text.isascii():
            continue
        head, tail = (rng.choice(sentences) for _ in range(2))
        frame = rng.choice(FRAMES)
        if not any(word in example.text.lower() for word in rule.keywords):
            head = f"{head} {rng.choice(rule.keywords)}"
        lead, between, _ = frame.split("{}")[1:] if frame.startswith("{}") else ("", "", "")
        start = len(head) + len(lead)
        text = f"{head}{lead}{example.text}{between}{tail}"
        first, last = (start + place for place in example.secret_span(rule.group))
        name = _NAME.match(text, first, last)
        reported = next((span for span in rule.find(text) if span[0] <= last and first <= span[1]), None)
        if reported is None:
            continue
        if name:
            first = name.end()
        drawn = frozenset(place for n in example.drawn if first <= (place := start + n) < last)
        made += 1
        yield Planted(text, drawn or frozenset(range(first, last)))


def find(texts: Sequence[str], *, langs: Sequence[str | None]) -> list[list[tuple[str, int, int]]]:
    """(detector, start, end) in characters of the secrets of each text."""
    spans = find_spans(pa.array(texts, pa.large_string()), languages=langs, kinds=KINDS).to_pylist()
    answers = []
    for text, of_text in zip(texts, spans, strict=True):
        raw = text.encode()
        answers.append(
            [(each["detector"], len(raw[: each["start"]].decode()), len(raw[: each["end"]].decode())) for each in of_text]
        )
    return answers


def is_whole(planted: Planted, spans: Sequence[tuple[str, int, int]]) -> bool:
    """Whether every character of a value lies in a span."""
    return all(any(start <= place < end for _, start, end in spans) for place in planted.drawn)


def read_sources(folder: Path, *, seed: int) -> list[str]:
    """Negative examples of the Go sources of a folder, without repetition."""
    files = sorted(folder.rglob("*.go"))
    texts = (
        text for file in files for text in read_negatives(file.read_text("utf-8"), rng=random.Random(f"{seed} {file.name}"))
    )
    return list(dict.fromkeys(texts))


def main() -> None:
    """Print a line per rule that is not found everywhere, the sum, and false alarms."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rules", type=Path, metavar="GITLEAKS.toml")
    parser.add_argument("--each", type=int, default=20, help="values of a rule")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sources", type=Path, metavar="FOLDER", help="Go sources with negative examples")
    parser.add_argument("--missed", type=int, default=0, help="values of a rule that are missed, to print")
    options = parser.parse_args()
    rules, patterns = load_rules(options.rules)
    sentences = read_sentences()
    langs = itertools.cycle(sorted(sentences))
    shares: dict[str, tuple[int, int]] = {}
    for rule in rules.rules:
        rng = random.Random(f"{options.seed} {rule.name}")
        of_rule: list[tuple[str, Planted]] = []
        while len(of_rule) < options.each:
            lang = next(langs)
            planted = list(plant(rule, patterns[rule.name], rng=rng, sentences=sentences[lang], each=1))
            if not planted:
                break
            of_rule += [(lang, each) for each in planted]
        spans = find([planted.text for _, planted in of_rule], langs=[lang for lang, _ in of_rule])
        missed = [planted for (_, planted), each in zip(of_rule, spans, strict=True) if not is_whole(planted, each)]
        shares[rule.name] = (len(of_rule) - len(missed), len(of_rule))
        if missed:
            print(f"{rule.name:<45} {len(of_rule):5} {1 - len(missed) / len(of_rule):7.3f}")
        for planted in missed[: options.missed]:
            first, last = min(planted.drawn), max(planted.drawn)
            print("   ", repr(planted.text[max(0, first - 40) : last + 12]))
    found, count = (sum(column) for column in zip(*shares.values(), strict=True))
    usual = [share for share in shares.values() if share[1]]
    print(f"\n{len(shares)} rules, {len(shares) - len(usual)} without an example, {count} values")
    print(f"found {found / count:.4f}; rules of .8 or more: {sum(a >= 0.8 * b for a, b in usual)} of {len(usual)}")
    if options.sources:
        texts = [text for text in read_sources(options.sources, seed=options.seed) if not any(rules.find(text))]
        alarms = [(text, each) for text, each in zip(texts, find(texts, langs=[None] * len(texts)), strict=True) if each]
        print(f"{len(texts)} negative examples, {len(alarms)} with a span")
        for text, each in alarms[: options.missed or 0]:
            print("   ", each[0][0], repr(text[max(0, each[0][1] - 40) : each[0][2] + 12]))


if __name__ == "__main__":
    main()
