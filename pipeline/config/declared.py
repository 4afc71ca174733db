"""What a corpus file says of a source, checked before any of its files is opened."""

from collections.abc import Collection, Iterator

import sources
from pipeline.config.source import SourceConfig
from sources.base import SourceSpec
from sources.reading.language_tags import UNDETERMINED, canonical_tag

WITHOUT_TARGET = (UNDETERMINED, "mul")
"""What may be declared and is no language to look for: not determined, several."""


def source_problems(source: SourceConfig, *, targets: Collection[str]) -> Iterator[tuple[str, str]]:
    """(key of the source, what is wrong with its value and what would be right), of fields and language."""
    check = getattr(sources.load(source.type), "check", None)
    try:
        spec = SourceSpec(
            source.card,
            source.type,
            "",
            "",
            fields=source.single_fields,
            key_fields=source.key_fields,
            extra=source.extra_fields,
            tag_fields=source.tag_fields,
            options=source.options,
        )
        if check is not None:
            check(spec)
    except ValueError as error:
        yield "fields", str(error).removeprefix("fields: ")
    if source.lang is None:
        return
    if canonical_tag(source.lang) != source.lang:
        yield "lang", f"{source.lang!r} is no BCP-47 language tag{suggest_tag(source.lang)}"
    elif not is_targeted(source.lang, targets=targets):
        yield (
            "lang",
            f"{source.lang!r} is none of the target languages, so its documents would be dropped as "
            f"language_not_targeted; decide.languages has {' '.join(sorted(targets))}",
        )


def suggest_tag(name: str) -> str:
    """`; did you mean 'de'?` for the name of a language in any language; else how tags look."""
    import langcodes

    try:
        tag = canonical_tag(str(langcodes.find(name)))
    except LookupError:
        return "; as in 'en', 'pt-BR', 'zh-Hans', or 'und' where it is not known"
    return f"; did you mean {tag!r}?"


def is_targeted(tag: str, *, targets: Collection[str]) -> bool:
    """Whether documents in a declared language can be in one of the targets: its region does not matter."""
    primary = tag.split("-")[0]
    return tag in WITHOUT_TARGET or primary in {target.split("-")[0] for target in targets}
