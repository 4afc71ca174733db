"""Perplexity of texts under KenLM models over SentencePiece pieces, as ROOTS and CCNet measure it.

Optional: needs the extra `perplexity`, and models of one's own. Wenzek et al. 2020, arXiv:1911.00359.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import pyarrow as pa

from filters.language_id import model_files

CONTENT_VERSION = 1
SCHEMA = pa.schema(
    [
        pa.field(
            "perplexity",
            pa.float32(),
            metadata={
                "meaning": "Perplexity per SentencePiece piece under the KenLM model of the language, "
                "rounded to 0.1; null: no model of the language, or no text."
            },
        )
    ]
)
_PUNCTUATION = {
    **dict.fromkeys("，、", ","),
    **dict.fromkeys("。．", "."),
    **dict.fromkeys("„”“«»」「《》", '"'),
    **dict.fromkeys("´’", "'"),
    **dict.fromkeys("∶：", ":"),
    **dict.fromkeys("–━►", "-"),
    "？": "?",
    "！": "!",
    "（": "(",
    "）": ")",
    "；": ";",
    "—": " - ",
    "～": "~",
    "…": "...",
    "〈": "<",
    "〉": ">",
    "【": "[",
    "】": "]",
    "％": "%",
}
"""CCNet's table without its entry for the full-width 1, which is a digit and no quotation mark."""
_CONTROLS = [*range(32), *range(127, 160)]
_TABLE = str.maketrans({**_PUNCTUATION, **{chr(code): None for code in _CONTROLS if code not in (9, 10)}})
_TABLE_ROOTS = str.maketrans({**_PUNCTUATION, **{chr(code): None for code in _CONTROLS}})


@dataclass(frozen=True)
class PerplexityOptions:
    """Where models are, and which definition is meant."""

    models: str
    """Folder, or `hf://owner/name@commit/folder`, of `<lang>.arpa.bin` and `<lang>.sp.model`."""
    languages: tuple[str, ...]
    """Tags of the languages that have a model; its files are called by the primary subtag (`zh`)."""
    variant: Literal["lines", "roots"] = "lines"
    """lines: each line is a sentence. roots: line ends are deleted before, which glues words (as run)."""


class MissingExtra(ImportError):
    """The packages of the extra are not installed."""


def check(options: PerplexityOptions) -> None:
    """Load every model; raises MissingExtra, FileNotFoundError, HubError, or ValueError naming the file."""
    for lang in options.languages:
        _load(options.models, lang)


def digests(options: PerplexityOptions) -> dict[str, list[str]]:
    """Language → SHA-256 of its two files."""
    return {
        lang: [model_files.digest(file) for file in _locate(options.models, lang)]
        for lang in options.languages
    }


def perplexities(
    texts: pa.LargeStringArray, *, langs: pa.StringArray, options: PerplexityOptions
) -> pa.FloatArray:
    """n texts and their languages → n perplexities, null where there is no model or no piece.

    10^(−Σ log10 p / (pieces + sentences)): the end of a sentence counts as a piece.
    """
    found = [
        _measure(text, lang=lang, options=options) if lang in options.languages else None
        for text, lang in zip(texts.to_pylist(), langs.to_pylist(), strict=True)
    ]
    return pa.array(found, pa.float32())


def normalise(text: str, *, variant: str = "lines") -> list[str]:
    """Sentences of a text: lower case, digits to 0, punctuation to ASCII, no control characters."""
    table = _TABLE_ROOTS if variant == "roots" else _TABLE
    lowered = text.strip().lower().translate(table)
    zeroed = "".join("0" if char.isdecimal() else char for char in lowered)
    return [" ".join(line.split()) for line in zeroed.split("\n") if line.strip()]


def _measure(text: str, *, lang: str, options: PerplexityOptions) -> float | None:
    pieces_of, model = _load(options.models, lang)
    score, length = 0.0, 0
    for sentence in normalise(text, variant=options.variant):
        pieces: Sequence[str] = pieces_of.encode(sentence, out_type=str)
        if pieces:
            score += model.score(" ".join(pieces))
            length += len(pieces) + 1
    return round(10.0 ** (-score / length), 1) if length else None


def _locate(models: str, lang: str) -> tuple[model_files.ModelFile, model_files.ModelFile]:
    stem = f"{models.rstrip('/')}/{lang.split('-')[0]}"
    model, pieces = (
        model_files.locate(f"{stem}{ending}", bundled=()) for ending in (".arpa.bin", ".sp.model")
    )
    return model, pieces


@cache
def _load(models: str, lang: str) -> tuple[Any, Any]:
    """(SentencePiece processor, KenLM model), once per process."""
    try:
        import kenlm
        import sentencepiece
    except ImportError as error:
        raise MissingExtra(
            f"perplexity needs the package {error.name}: pip install 'rhizotron[perplexity]'"
        ) from error
    model, pieces = _locate(models, lang)
    try:
        processor = sentencepiece.SentencePieceProcessor(model_file=str(pieces.path))
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{pieces} is no SentencePiece model: {error}") from error
    try:
        return processor, kenlm.Model(str(model.path))
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{model} is no KenLM model: {error}") from error
