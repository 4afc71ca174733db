"""Why a record or document is not in a release: every reason in one sentence, and their page."""

from collections.abc import Mapping

UNREADABLE: Mapping[str, str] = {
    "broken_json": "The record is no JSON value; `NaN` and numbers too large for a double are refused too.",
    "broken_csv": "A field of the row goes on behind its closing quote, or the row may be the rest of such.",
    "ragged_row": "A row of CSV has more or fewer fields than the header.",
    "invalid_utf8": "The record, or a value that is mapped, is not UTF-8, or what its source says.",
    "invalid_unicode": "A JSON escape is half of a surrogate pair, which no UTF-8 can hold.",
    "missing_field": "The field of the text is absent or null; or a table lacks a column that is mapped.",
    "wrong_type": "The record is not an object, or a mapped value has a type that its role cannot take.",
    "record_too_long": "The record is longer than the option `max_record_bytes` of its source.",
    "broken_xml": "An XML element is not well formed, or nested deeper than its reader follows.",
    "unsafe_xml": "An XML file declares or uses entities; none is resolved, for they may be a bomb.",
    "too_complex": "A page has more tags, open ends or inline elements, or deeper nesting, than can be read.",
    "broken_header": "The file does not say where its header ends, or nothing stands behind it.",
    "truncated": "A compressed file, JSON array, quoted field or XML has no end; what is lost is not known.",
    "broken_record": "A record of a web archive ends elsewhere than it says, is no response, or a mere part.",
    "broken_body": "The body of an HTTP response cannot be decoded as its headers say.",
    "invalid_encoding": "More than 1 in 100 characters of a page mean nothing in the best encoding.",
    "broken_text_layer": "Characters of a PDF mean nothing, or its words are reversed or cut.",
    "encrypted": "A PDF opens with a password only, or texts of a book are encrypted.",
    "archive_refused": "A book names files outside of itself, or unpacks to more than its limits.",
    "broken_front_matter": "The head of a Markdown text is no YAML of names and values, or has aliases.",
    "broken_epub": "A book has no package, no spine, or names texts that it does not have.",
    "not_fetched": "A server refuses the bytes of a capture, or gives others than it was asked for.",
    "unreadable": "A file, row group, record batch or the rest of a stream or JSON array cannot be decoded.",
}
"""Of records that could not become a document, in `raw/`; `max_bad_fraction` limits their share."""

SKIPPED: Mapping[str, str] = {
    "other_namespace": "The page of a wiki is of a namespace that the option `namespaces` does not name.",
    "redirect": "The page of a wiki has no text and leads to another page.",
    "disambiguation": "The page of a wiki lists the meanings of a title (`disambiguation: true` keeps it).",
    "not_wikitext": "The page of a wiki is a program, a style sheet or data.",
    "deleted_text": "The wiki does not show the text of the page any more.",
    "dump_index": "The file is the index of a multistream dump.",
    "not_a_capture": "A record of a web archive that is no capture of a page, such as a request.",
    "revisit": "A capture of which the archive says that it is the same as an earlier one.",
    "http_status": "The server answered with another status than 200.",
    "mime_type": "The content is of a type that is not read: no HTML and no plain text.",
    "robots_txt": "The file that says what crawlers may do; it is no text for people.",
    "no_text": "A page has no main text, or a PDF no text layer.",
    "not_a_post": "The row of Stack Exchange is neither a question nor an answer.",
    "no_question": "The question of an answer is not in the file.",
    "no_translation": "The unit of XLIFF has no target.",
}
"""Of records that a format holds beside documents: counted as dropped, but nothing is wrong with them, and
`max_bad_fraction` does not count them."""

BLOCKED_URL, RESERVED, REMOVED = "blocked_url", "reserved", "removal_request"
REFUSED: Mapping[str, str] = {
    BLOCKED_URL: "A list of `url_lists` has the URL, its host or a domain above it; the detail says which.",
    REMOVED: "Somebody with a right to it asked for its removal (how-to/removal.md).",
    RESERVED: "It is reserved against training, by a protocol that the policy of the source honours; the "
    "detail has protocol and raw value.",
}
"""Of documents that are refused while a source is read, in `raw/`: none is bad, so no budget limits them."""

NO_FAULTS = frozenset((*SKIPPED, *REFUSED))
"""Reasons of records in `raw/` with which nothing is wrong."""

FILTER_ERROR = "error:<filter>"
FAILED = {FILTER_ERROR: "The edit or signal of that name raised an error; `max_filter_errors` is the limit."}
"""Of documents that could not be measured, in `measured/`."""

TIMEOUT = "error:timeout"
STOPPED: Mapping[str, str] = {
    "reader_failed": "The library that reads the record raised an error on it, or ended its process.",
    TIMEOUT: "Reading the record took far more time of the processor than what is within the limits should, "
    "and was ended; `max_filter_errors` is the limit.",
}
"""Of records at which a library fails in its own process; no fixture makes one fail on every machine."""

LICENSE_NOT_ALLOWED = "license_not_allowed"
GOVERNANCE: Mapping[str, str] = {
    LICENSE_NOT_ALLOWED: "The licences of `publish.licenses` do not satisfy that of the document.",
}
LANGUAGE: Mapping[str, str] = {
    "language_not_targeted": "The language of the document is not one of `decide.languages`.",
    "language_undetermined": "No language can be told: too little text, code, numbers, or a low score.",
    "language_multilingual": "No language has most of the text.",
}
BELOW, ABOVE = "<signal>_below_min", "<signal>_above_max"
QUALITY: Mapping[str, str] = {
    BELOW: "Any other signal: it is below the minimum of the document's language.",
    ABOVE: "Any other signal: it is above the maximum of the document's language.",
}
SIGNALS: Mapping[str, str] = {
    "words_below_min": "The text says less than a short sentence.",
    "words_above_max": "The text is longer than one that the language file allows.",
    "character_repetition_ratio_above_max": "Too much of the text is its commonest runs of ten characters.",
    "character_repetition_ratio_head_above_max": "Too much of the text is repeated runs of ten characters.",
    "word_repetition_ratio_above_max": "Too many runs of words occur more than once.",
    "special_characters_ratio_above_max": "Too much of the text is punctuation, symbols, spaces and digits.",
    "special_characters_ratio_as_run_above_max": "The same, as ROOTS counted it: every space of a run.",
    "stop_words_ratio_below_min": "Of the words in its language too few are those that fill sentences.",
    "flagged_words_ratio_above_max": "Too many words, and more than one of them, are those of pornography.",
    "flagged_words_ratio_as_run_above_max": "Too many words are on the list of ROOTS, one hit being enough.",
    "mean_word_length_below_min": "Its words are shorter than those of the language.",
    "mean_word_length_above_max": "Its words are longer than those of the language.",
    "duplicate_line_ratio_above_max": "Too many lines stand in the text more than once.",
    "duplicated_5_gram_characters_ratio_above_max": "Too much of the text is runs of five words seen before.",
    "duplicated_10_gram_characters_ratio_above_max": "Too much of the text is runs of ten words seen before.",
    "alphabetic_word_ratio_below_min": "Too few words have a letter.",
    "compression_ratio_below_min": "The text repeats itself so much that it compresses to little.",
    "code_excess_above_max": "More of the text is in lines of program text or markup than in lines of prose.",
    "url_ratio_above_max": "Too much of the text is web addresses.",
    "lorem_ipsum_lines_above_max": "The text has a line of filler (lorem ipsum).",
    "mojibake_ratio_above_max": "Too much of the text was decoded with the wrong encoding.",
    "replacement_character_ratio_above_max": "Too many characters were lost before (U+FFFD).",
    "control_character_ratio_above_max": "Too many characters are controls, which no text needs.",
    "known_trigram_ratio_below_min": "Too many runs of three letters do not occur in the language.",
    "mixed_word_ratio_above_max": "Too many words have digits or symbols among their letters.",
    "list_characters_ratio_above_max": "Too much of the text is short lines as of a menu or a list.",
    "distinct_word_ratio_below_min": "It begins with a few words again and again.",
    "short_text_duplicate_line_ratio_above_max": "Too many of its few lines stand in it more than once.",
}
"""Of rules in language files and profiles; rules of a corpus file may be about any other signal."""
DUPLICATES: Mapping[str, str] = {
    "duplicate_key": "An earlier record of the same source has the same key and text.",
    "url_duplicate": "A later capture of the same URL stays (`decide.url_duplicates`).",
    "exact_duplicate": "A document with the same text, case and punctuation apart, stays.",
    "near_duplicate": "A document with nearly the same text stays.",
}
"""Of documents that decide drops, in the fixed order of the rules; the first one that fails is the reason."""

_SECTIONS = (
    ("While a source is read", {**UNREADABLE, **STOPPED}),
    ("While a source is read, by design", {**SKIPPED, **REFUSED}),
    ("While a document is measured", FAILED),
    ("Decided: governance", GOVERNANCE),
    ("Decided: language", LANGUAGE),
    ("Decided: quality", {**SIGNALS, **QUALITY}),
    ("Decided: duplicates", DUPLICATES),
)

_HEAD = """# Reasons

This page is generated. Every record that is read and not published has one first reason. It stands in the
column `reason` of `ledger/` in a release, and `rhizotron dropped` shows it. A document can fail several
rules: `reasons` lists all of them, in the order of this page. [../ledger.md](../ledger.md) says how the
numbers add up.
"""


def describe(reason: str) -> str:
    """The sentence of any reason, whatever filter or signal it names."""
    for _, reasons in _SECTIONS:
        if reason in reasons:
            return reasons[reason]
    if reason.startswith("error:"):
        return FAILED[FILTER_ERROR]
    for ending, where in (("_below_min", "below the minimum"), ("_above_max", "above the maximum")):
        if reason.endswith(ending):
            return f"{reason.removesuffix(ending)} is {where} of the document's language."
    return "A reason of the source's own type."


def render() -> str:
    """The page as Markdown."""
    lines = [_HEAD]
    for title, reasons in _SECTIONS:
        lines.append(f"\n## {title}\n\n| reason | meaning |\n|---|---|\n")
        lines += [f"| `{reason}` | {meaning} |\n" for reason, meaning in reasons.items()]
    return "".join(lines)
