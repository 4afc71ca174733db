"""Share of gitleaks' rules whose secrets our detectors find, and what they find in its negative examples.

    python -m benchmarks.secrets_gitleaks GITLEAKS.toml [--each 20] [--seed 1] [--sources FOLDER] [--missed N]

Of each rule of the file, values are made from its own pattern by chance and planted in sentences of the
demo corpus in 46 languages; only texts in which the rule itself, with its keywords, entropy and allowlists,
reports the value count. A value is found where every character of it that chance filled lies in a span: what
a pattern has as letters is no secret. FOLDER holds Go sources with lists `fps`; of their texts those count in
which no rule of the file reports anything.
"""

import argparse
import random
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from benchmarks.personal_data.__main__ import read_sentences
from benchmarks.personal_data.go_lists import read_negatives
from benchmarks.personal_data.patterns import make_example
from benchmarks.personal_data.rule_file import FileRule, read_rules
from filters.personal_data.find import find_spans

KINDS = ("api_key", "private_key", "url_credentials")
FRAMES = ((" ", " "), (": ", " "), ("\n", "\n"), ("\n\n", "\n\n"), (" `", "` "), (' "', '" '))
"""Before and behind a value."""
_NAME = re.compile(r"""[\w.-]+:[ \t|>+-]*\s+["']?""")
"""The name of an entry, which the group of a rule has before the value."""
MAX_TRIES = 400
MIN_SHARE = 0.8


class Planted(NamedTuple):
    """A text with a secret whose characters at `drawn` are to be found."""

    text: str
    drawn: frozenset[int]


def plant(rule: FileRule, *, rng: random.Random, sentences: Sequence[str]) -> Planted | None:
    """A text in which a rule finds a value that was made from its pattern; None where none was made."""
    for _ in range(MAX_TRIES):
        example = make_example(rule.regex, rng=rng)
        head, tail = rng.choice(sentences), rng.choice(sentences)
        if rule.keywords and not any(word in example.text.lower() for word in rule.keywords):
            head = f"{head} {rng.choice(rule.keywords)}"
        before, behind = rng.choice(FRAMES)
        start = len(head) + len(before)
        text = f"{head}{before}{example.text}{behind}{tail}"
        first, last = (start + place for place in example.secret_span(rule.group))
        if not any(begin < last and first < end for begin, end in rule.find(text)):
            continue
        name = _NAME.match(text, first, last)
        first = name.end() if name else first
        drawn = frozenset(place for n in example.drawn if first <= (place := start + n) < last)
        return Planted(text, drawn or frozenset(range(first, last)))
    return None


def find(texts: Sequence[str], *, langs: Sequence[str | None]) -> list[list[tuple[str, int, int]]]:
    """(detector, start, end) in characters of the secrets of each text."""
    spans = find_spans(pa.array(texts, pa.large_string()), languages=langs, kinds=KINDS).to_pylist()
    answers = []
    for text, of_text in zip(texts, spans, strict=True):
        raw = text.encode()
        answers.append(
            [
                (each["detector"], len(raw[: each["start"]].decode()), len(raw[: each["end"]].decode()))
                for each in of_text
            ]
        )
    return answers


def is_whole(planted: Planted, spans: Sequence[tuple[str, int, int]]) -> bool:
    """Whether every character of a value lies in a span."""
    return all(any(start <= place < end for _, start, end in spans) for place in planted.drawn)


def read_sources(folder: Path, *, seed: int) -> list[str]:
    """Negative examples of the Go sources of a folder, without repetition."""
    files = sorted(folder.rglob("*.go"))
    texts = (
        text
        for file in files
        for text in read_negatives(file.read_text("utf-8"), rng=random.Random(f"{seed} {file.name}"))
    )
    return list(dict.fromkeys(texts))


def main() -> None:
    """Print a line per rule that is not found everywhere, the sum, and false alarms."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rules", type=Path, metavar="GITLEAKS.toml")
    parser.add_argument("--each", type=int, default=20, help="values of a rule")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sources", type=Path, metavar="FOLDER", help="Go sources with negative examples")
    parser.add_argument("--missed", type=int, default=0, help="values of a rule that are missed, to print")
    options = parser.parse_args()
    rules = read_rules(tomllib.loads(options.rules.read_text("utf-8")))
    sentences = read_sentences()
    shares = {}
    for rule in rules:
        rng = random.Random(f"{options.seed} {rule.name}")
        langs = rng.choices(sorted(sentences), k=options.each)
        planted = [
            (lang, text)
            for lang in langs
            if (text := plant(rule, rng=rng, sentences=sentences[lang])) is not None
        ]
        spans = find([text.text for _, text in planted], langs=[lang for lang, _ in planted])
        missed = [text for (_, text), each in zip(planted, spans, strict=True) if not is_whole(text, each)]
        shares[rule.name] = (len(planted) - len(missed), len(planted))
        if missed:
            print(f"{rule.name:<45} {len(planted):5} {1 - len(missed) / len(planted):7.3f}")
        for each in missed[: options.missed]:
            print("   ", repr(each.text[max(0, min(each.drawn) - 40) : max(each.drawn) + 12]))
    found, count = (sum(column) for column in zip(*shares.values(), strict=True))
    usual = [share for share in shares.values() if share[1]]
    print(f"\n{len(shares)} rules, {len(shares) - len(usual)} without an example, {count} values")
    good = sum(found >= MIN_SHARE * count for found, count in usual)
    print(f"found {found / count:.4f}; rules of {MIN_SHARE} or more: {good} of {len(usual)}")
    if options.sources:
        negatives = read_sources(options.sources, seed=options.seed)
        texts = [each for each in negatives if not any(next(rule.find(each), None) for rule in rules)]
        spans = find(texts, langs=[None] * len(texts))
        alarms = [(text, each) for text, each in zip(texts, spans, strict=True) if each]
        print(f"{len(texts)} negative examples, {len(alarms)} with a span")
        for negative, [(detector, start, end), *_] in alarms[: options.missed]:
            print("   ", detector, repr(negative[max(0, start - 40) : end + 12]))


if __name__ == "__main__":
    main()
