"""Labels of other identifiers become the tags that the lines have, and classes are what the schemes say."""

import pytest

from benchmarks.lid.adapters import ADAPTERS
from benchmarks.lid.labels import ARABIC, SCHEMES, TABLES, name_class, to_classes, to_tags
from filters import languages
from filters.language_id.evaluation import resolve_groups


@pytest.mark.parametrize(
    ("adapter", "labels", "tags"),
    [
        ("pycld2", ["zh", "zh-Hant", "iw", "xx-Bugi", "zzp"], ["zh-Hans", "zh-Hant", "he", "bug", "und"]),
        ("cld3", ["zh", "zh-Latn", "iw", "fil"], ["zh", "zh-Latn", "he", "fil"]),
        (
            "heliport",
            ["cmn", "msaind", "msazsm", "swa", "finx", "undhtml"],
            ["zh", "id", "ms", "sw", "fi", "und"],
        ),
        ("heliport-all", ["msaind"], ["id"]),
        ("py3langid", ["kik", "zh", "zxx"], ["ki", "zh", "und"]),
        ("lingua", ["ZH", "NB", "YO"], ["zh", "nb", "yo"]),
        ("langdetect", ["zh-cn", "zh-tw"], ["zh-Hans", "zh-Hant"]),
        ("langidentify", ["zh-hans", "zh-hant"], ["zh-Hans", "zh-Hant"]),
        ("common-lingua", ["swh", "ory", "run", "latex"], ["sw", "or", "rn", "und"]),
        ("whatlang", ["aka", "npi", "cmn"], ["ak", "ne", "zh"]),
        ("pyfranc", ["fuv", "und"], ["fuv", "und"]),
        ("rhizotron", ["zh-Hans", "tum", "und"], ["zh-Hans", "tum", "und"]),
    ],
)
def test_labels_become_tags(adapter: str, labels: list[str], tags: list[str]) -> None:
    assert to_tags(labels, adapter=adapter) == dict(zip(labels, tags, strict=True))


def test_a_label_that_is_no_code_and_in_no_table_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match=r"2 labels of cld3 are no language codes: klingonish, xx-Bugi; add"):
        to_tags(["en", "klingonish", "xx-Bugi"], adapter="cld3")


def test_every_table_belongs_to_an_adapter_and_is_needed() -> None:
    assert set(TABLES) <= set(ADAPTERS)
    for adapter, table in TABLES.items():
        for label, tag in table.items():
            try:
                plain = to_tags([label], adapter="rhizotron")[label]
            except ValueError:
                continue
            assert plain != tag, f"{adapter} needs no row for {label}"


def test_strict_counts_twi_as_akan_and_keeps_chinese_and_arabic_apart() -> None:
    assert to_classes(["ak", "tw", "zh-Hans", "zh-Hant", "ar", "arz", "und"], scheme="strict") == {
        "ak",
        "zh-Hans",
        "zh-Hant",
        "ar",
        "arz",
    }
    assert to_classes(languages.TAGS, scheme="strict") == set(languages.TAGS) - {"tw"}


def test_merged_makes_one_class_of_chinese_and_one_of_arabic() -> None:
    tags = ["ak", "tw", "zh", "zh-Hans", "zh-Hant", *ARABIC]
    assert to_classes(tags, scheme="merged") == {"ak", "zh", "ar"}
    assert len(to_classes(languages.TAGS, scheme="merged")) == len(languages.TAGS) - 2


def test_what_only_looks_like_arabic_stays_apart() -> None:
    assert to_classes(["arl", "arn", "ar-Latn"], scheme="merged") == {"arl", "arn", "ar-Latn"}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_schemes_run_in_no_circle_and_every_class_has_a_name(scheme: str) -> None:
    resolve_groups(SCHEMES[scheme])
    names = [name_class(each) for each in to_classes(languages.TAGS, scheme=scheme)]
    assert len(set(names)) == len(names)
