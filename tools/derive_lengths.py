"""Set the least length of a text in each language by one amount of content, measured on parallel sentences.

    python -m tools.derive_lengths LINES --source NAME [--write]

LINES is a Parquet file with the columns lang, source, text, whose source NAME holds the same sentences in
English and in each language. Words for one of English: mean words of a sentence there and in English. The
least number of words is that of CONTENT words of English: a text that says less than a short sentence is
dropped in every language, and none that says more. `--write` puts both numbers into
filters/languages/*.yaml; rules that need a longer text count in the same words (languages.MIN_CONTENT).
"""

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.same_content import read_texts
from filters import languages, text_counts
from filters.kernels.text import WORDS
from filters.languages.patch import set_rules
from filters.rules import Rule

CONTENT = 4
"""Words of English: the most with which no article of the UDHR is too short in any language."""
_RATE = re.compile(r"^words_per_english_word: .*\n", re.MULTILINE)


def count_words(texts: Sequence[str], *, lang: str) -> np.ndarray:
    """Words of each text, as the signal `words` counts them: int64 [n]."""
    langs = pa.array([lang] * len(texts), pa.string())
    counts: np.ndarray = text_counts.count_texts(pa.array(texts, pa.large_string()), langs=langs, groups=0)[
        WORDS
    ]
    return counts


def find_rates(texts: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Language → its sentences; → words for one word of English, two decimals."""
    means = {tag: float(count_words(some, lang=tag).mean()) for tag, some in texts.items()}
    return {tag: round(mean / means["en"], 2) for tag, mean in means.items()}


def set_lengths(text: str, *, tag: str, rate: float, source: str) -> str:
    """A language file's text with the number of words for one of English, and the minimum that follows."""
    note = f"the content of {CONTENT} words of English, at {rate:g} words for one in {source}"
    text = _RATE.sub("", text)
    text = text.replace(
        "has_quality_thresholds:", f"words_per_english_word: {rate:g}\nhas_quality_thresholds:", 1
    )
    rule = Rule("words", float(round(CONTENT * rate)), None, "parallel", note)
    return set_rules(text, tag=tag, rules=[rule])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lines", type=Path)
    parser.add_argument("--source", required=True)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    texts = read_texts(arguments.lines, source=arguments.source)
    print("| language | sentences | words for one of English | least | before |\n|---|---:|---:|---:|---:|")
    for tag, rate in find_rates(texts).items():
        before = next((rule.min for rule in languages.load(tag).rules if rule.signal == "words"), None)
        print(f"| {tag} | {len(texts[tag])} | {rate:g} | {round(CONTENT * rate)} | {before} |")
        if arguments.write:
            path = Path(languages.__file__).parent / f"{tag}.yaml"
            text = path.read_text("utf-8")
            path.write_text(set_lengths(text, tag=tag, rate=rate, source=arguments.source), "utf-8")


if __name__ == "__main__":
    main()
