"""Perplexity of texts under KenLM models over SentencePiece pieces, as ROOTS and CCNet measure it.

Optional: needs the extra `perplexity`, and models of one's own. Wenzek et al. 2020, arXiv:1911.00359.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, field_validator

from filters import languages
from filters.language_id import hub, model_files
from layers import storage
from layers.document import make_field
from layers.problems import suggest

CONTENT_VERSION = 1
SCHEMA = pa.schema(
    [
        make_field(
            "perplexity",
            pa.float32(),
            "Perplexity per SentencePiece piece under the KenLM model of the language, "
            "rounded to 0.1; null: no model of the language, or no text.",
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


class Options(BaseModel):
    """Perplexity under models of one's own; needs the extra `perplexity`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: str = Field(
        description="folder, or `hf://owner/name@commit/folder`, of `<lang>.arpa.bin` (KenLM) and "
        "`<lang>.sp.model` (SentencePiece), called by the primary subtag"
    )
    languages: tuple[str, ...] = Field(
        min_length=1, description="languages that have a model; others get null"
    )
    variant: Literal["lines", "roots"] = Field(
        default="lines", description="`roots`: line ends are deleted first, which glues words, as ROOTS did"
    )

    @field_validator("languages")
    @classmethod
    def _check_languages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for tag in value:
            if tag not in languages.tags():
                raise ValueError(f"unknown language {tag!r}{suggest(tag, names=[*languages.tags()])}")
        return tuple(sorted({*value}))


class MissingExtra(ImportError):
    """The packages of the extra are not installed."""


def prepare(options: Options, *, folder: str) -> Options:
    """The options with a folder of models that every process finds, each model loaded once.

    Raises MissingExtra, FileNotFoundError, HubError, or ValueError naming the file.
    """
    models = options.models
    if not hub.is_hub_id(models):
        models = str(storage.local_path(storage.join(folder, models)))
    for lang in options.languages:
        _load(models, lang)
    return options.model_copy(update={"models": models})


def digest(options: Options) -> dict[str, object]:
    """SHA-256 of the two files of each language, and the definition."""
    files = {
        lang: [model_files.digest(file) for file in _locate(options.models, lang)]
        for lang in options.languages
    }
    return {"files": files, "variant": options.variant}


def measure(batch: pa.RecordBatch, *, langs: pa.StringArray, options: Options) -> pa.RecordBatch:
    """Perplexity of each text: n documents → n rows of SCHEMA, null where there is no model or no piece.

    10^(−Σ log10 p / (pieces + sentences)): the end of a sentence counts as a piece.
    """
    values = [
        _measure(text, lang=lang, options=options) if lang in options.languages else None
        for text, lang in zip(batch.column("text").to_pylist(), langs.to_pylist(), strict=True)
    ]
    return pa.RecordBatch.from_arrays([pa.array(values, pa.float32())], schema=SCHEMA)


def normalise(text: str, *, variant: str = "lines") -> list[str]:
    """Sentences of a text: lower case, digits to 0, punctuation to ASCII, no control characters."""
    table = _TABLE_ROOTS if variant == "roots" else _TABLE
    lowered = text.strip().lower().translate(table)
    zeroed = "".join("0" if char.isdecimal() else char for char in lowered)
    return [" ".join(line.split()) for line in zeroed.split("\n") if line.strip()]


def _measure(text: str, *, lang: str, options: Options) -> float | None:
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
