"""What `rhizotron new language` prints."""

from pathlib import Path

from filters.calibration import dropped_share, values_of
from filters.rules import Rule
from governance.visible import visible_line
from pipeline.inspect.new_language import MAX_TEXT_BYTES, NewLanguage
from pipeline.terminal.echo import complain, echo
from pipeline.terminal.tables import Table, print_table


def print_language(made: NewLanguage, *, path: Path) -> None:
    """The limits of a new language, what they remove of the documents held out, and what was left out."""
    language = made.language
    title = f"{language.name}: {len(language.stop_words)} stop words, {made.documents:,} documents"
    table = Table("signal", "min", "max", "origin", "removes", "note", title=visible_line(title))
    for rule in language.rules:
        table.add_row(
            rule.signal,
            _number(rule.min),
            _number(rule.max),
            rule.origin,
            _removed(rule, made=made),
            rule.note,
        )
    print_table(table)
    echo(f"all limits together remove {made.lost:.1%} of {len(made.held_out):,} documents that set none")
    for what, counts in (("identified as", made.others), ("not read:", made.rejected)):
        for name, documents in sorted(counts.items()):
            complain(f"left out: {documents:,} documents {what} {name}")
    if made.is_cut:
        complain(f"of large files the first {MAX_TEXT_BYTES >> 20} MiB of text were read")
    if not made.is_named:
        complain(
            f"the bundled language model does not know {language.tag}: only documents that a source declares "
            "as it, by `lang` or `fields.lang`, can be in it"
        )
    echo(f"{path} is written; a corpus file names it as `language_files: [{path}]`")


def _number(limit: float | None) -> str:
    return "" if limit is None else f"{limit:g}"


def _removed(rule: Rule, *, made: NewLanguage) -> str:
    """Share of the documents held out that the limits of a rule remove."""
    values = values_of(made.held_out, signal=rule.signal)
    return f"{sum(dropped_share(values, side=cut.side, limit=cut.limit) for cut in rule.cuts):.1%}"
