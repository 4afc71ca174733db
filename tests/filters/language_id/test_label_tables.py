"""Every published label of GlotLID, OpenLID and NLLB has a BCP-47 tag, by a table of the exceptions."""

from pathlib import Path

import pytest

from filters import languages
from filters.language_id.label_tables import TABLES, LabelTable, find_table, parse, tag_labels
from filters.language_id.labels import canonical_tag

LABELS = Path(__file__).parents[2] / "data" / "lid" / "labels"
COMMIT = "0" * 40


def read(name: str) -> list[str]:
    return (LABELS / f"{name}.txt").read_text("utf-8").split()


def openlid_v3() -> list[str]:
    """OpenLID v2, changed as its successor says of itself."""
    gone = {"dyu", "acm", "acq", "aeb", "apc", "arb", "ars", "ary", "arz", "pes", "prs"}
    kept = [label for label in read("openlid_v2") if label.split("_")[0] not in gone]
    return [*kept, "frp_Latn", "lat_Latn", "srp_Latn", "ara_Arab", "fas_Arab", "zxx_Zxxx"]


LISTS: dict[str, tuple[str, list[str], int]] = {
    "GlotLID v3": ("glotlid", read("glotlid_v3"), 2102),
    "OpenLID v1": ("openlid", read("openlid_v1"), 201),
    "OpenLID v2": ("openlid", read("openlid_v2"), 200),
    "OpenLID v3": ("openlid", openlid_v3(), 195),
    "FLORES-200": ("nllb", read("flores_200"), 204),
    "NLLB, more": ("nllb", read("lid218e_beyond_flores"), 23),
}
NOT_COVERED: dict[str, set[str]] = {"GlotLID v3": set(), "FLORES-200": set()} | {
    f"OpenLID v{n}": {"ak"} for n in (1, 2, 3)
}
"""Those of the 46 that no label means. NLLB's model lacks nine labels of FLORES-200; nobody says which."""


def tags(name: str) -> dict[str, str]:
    """Label → tag, as a model of that list would have them."""
    table, labels, _ = LISTS[name]
    names = tag_labels([f"__label__{label}" for label in labels], table=find_table("any.bin", labels=table))
    return dict(zip(labels, names, strict=True))


@pytest.mark.parametrize("name", LISTS)
def test_each_published_label_has_a_canonical_tag(name: str) -> None:
    _, labels, count = LISTS[name]
    assert len(set(labels)) == len(labels) == count
    by_label = tags(name)
    nothing = {label for label, tag in by_label.items() if tag == "und"}
    assert nothing == {label for label in labels if label.split("_")[0] in ("und", "zxx")}
    assert {tag: canonical_tag(tag) for tag in by_label.values() if tag != "und"} == {
        tag: tag for tag in by_label.values() if tag != "und"
    }


@pytest.mark.parametrize("name", NOT_COVERED)
def test_each_of_the_46_is_reached_but_for_those_that_the_model_lacks(name: str) -> None:
    reached = set(tags(name).values())
    if "zh" in reached:  # characters decide between the two
        reached |= {"zh-Hans", "zh-Hant"}
    assert set(languages.TAGS) - reached == NOT_COVERED[name]


@pytest.mark.parametrize(
    ("name", "label", "tag"),
    [
        # of the 46: members of a macrolanguage stand for it
        ("GlotLID v3", "arb_Arab", "ar"),
        ("GlotLID v3", "npi_Deva", "ne"),
        ("GlotLID v3", "ory_Orya", "or"),
        ("GlotLID v3", "swh_Latn", "sw"),
        ("GlotLID v3", "swc_Latn", "sw"),
        ("OpenLID v3", "ara_Arab", "ar"),
        ("GlotLID v3", "twi_Latn", "tw"),
        ("GlotLID v3", "fat_Latn", "ak"),
        ("FLORES-200", "aka_Latn", "ak"),
        ("GlotLID v3", "kik_Latn", "ki"),
        # beyond them a member keeps its own code
        ("GlotLID v3", "zsm_Latn", "zsm"),
        ("OpenLID v2", "ekk_Latn", "ekk"),
        ("OpenLID v1", "est_Latn", "et"),
        ("GlotLID v3", "arz_Arab", "arz"),
        # Chinese
        ("GlotLID v3", "cmn_Hani", "zh"),
        ("OpenLID v1", "zho_Hans", "zh-Hans"),
        ("OpenLID v2", "cmn_Hant", "zh-Hant"),
        ("GlotLID v3", "yue_Hani", "yue"),
        ("FLORES-200", "yue_Hant", "yue"),
        ("GlotLID v3", "wuu_Hani", "wuu"),
        ("GlotLID v3", "nan_Hani", "nan"),
        ("GlotLID v3", "nan_Latn", "nan-Latn"),
        ("GlotLID v3", "lzh_Hani", "lzh"),
        # the usual script goes without saying, another is said
        ("GlotLID v3", "hin_Latn", "hi-Latn"),
        ("GlotLID v3", "acm_Arab", "acm"),
        ("GlotLID v3", "grc_Grek", "grc"),
        ("GlotLID v3", "kjh_Cyrl", "kjh"),
        ("FLORES-200", "arb_Latn", "ar-Latn"),
        ("FLORES-200", "kas_Deva", "ks-Deva"),
        ("FLORES-200", "kor_Hang", "ko"),
        ("FLORES-200", "jpn_Jpan", "ja"),
        ("GlotLID v3", "srp_Latn", "sr-Latn"),
        # the rows of the tables
        ("GlotLID v3", "eml_Latn", "egl"),
        ("GlotLID v3", "tok_Latn", "tok"),
        ("OpenLID v3", "zxx_Zxxx", "und"),
        ("GlotLID v3", "zxx_Arab", "und"),
        ("GlotLID v3", "und_Wcho", "und"),
    ],
)
def test_labels_become_tags(name: str, label: str, tag: str) -> None:
    assert tags(name)[label] == tag


def test_only_labels_that_mean_one_language_share_a_tag() -> None:
    shared: dict[str, set[str]] = {}
    for label, tag in tags("GlotLID v3").items():
        shared.setdefault(tag, set()).add(label)
    assert {tag: labels for tag, labels in shared.items() if len(labels) > 1 and tag != "und"} == {
        "sw": {"swc_Latn", "swh_Latn"},
        "sr-Latn": {"cnr_Latn", "srp_Latn"},  # CLDR reads Montenegrin as Serbian of Montenegro
        "dnj": {"daf_Latn", "dnj_Latn"},  # daf is retired
        "dtp": {"dtp_Latn", "kzj_Latn"},  # kzj is retired
    }
    for name in ("OpenLID v1", "OpenLID v2", "OpenLID v3", "FLORES-200"):
        assert len(set(tags(name).values())) == len(tags(name))


@pytest.mark.parametrize("code", ["acm_Arab", "acm", "pbt_Arab", "yue_Hani", "grc_Grek", "tok"])
def test_a_source_and_a_model_that_name_a_language_alike_agree(code: str) -> None:
    """Declared codes go through the same function as labels do."""
    label = {"acm": "acm_Arab", "tok": "tok_Latn"}.get(code, code)
    by_label = tags("GlotLID v3") | tags("OpenLID v1")
    assert canonical_tag(code) == by_label[label]


@pytest.mark.parametrize("name", TABLES)
def test_bundled_tables_hold_exceptions_only(name: str) -> None:
    table = find_table("any.bin", labels=name)
    assert table is not None
    assert [label for label, tag in table.tags.items() if canonical_tag(label) == tag] == []


@pytest.mark.parametrize(
    ("model", "table"),
    [
        (f"hf://cis-lmu/glotlid@{COMMIT}", "glotlid"),
        (f"hf://CIS-LMU/GlotLID@{COMMIT}/model_v2.bin", "glotlid"),
        (f"hf://laurievb/OpenLID@{COMMIT}", "openlid"),
        (f"hf://laurievb/OpenLID-v2@{COMMIT}", "openlid"),
        (f"hf://HPLT/OpenLID-v3@{COMMIT}", "openlid"),
        (f"hf://facebook/fasttext-language-identification@{COMMIT}", "nllb"),
        (f"hf://somebody/lid@{COMMIT}/lid.bin", None),
        ("models/glotlid.bin", None),
        ("lid.176", None),
    ],
)
def test_the_table_of_a_known_repository_is_chosen_by_itself(model: str, table: str | None) -> None:
    chosen = find_table(model, labels=None)
    assert (chosen and chosen.name) == table
    chosen = find_table(model, labels="nllb")
    assert chosen is not None
    assert chosen.name == "nllb"


def test_a_table_of_ones_own_holds_exceptions_or_all(tmp_path: Path) -> None:
    path = tmp_path / "labels.tsv"
    path.write_bytes("\ufeff# mine\n\n__label__anglais\ten\r\nnoise\tund\n chinois \tzh\nals\tgsw\n".encode())
    table = find_table("any.bin", labels=str(path))
    assert table is not None
    assert table.map(["anglais", "__label__noise", "__label__chinois", "als", "fra_Latn"]) == (
        "en",
        "und",
        "zh",
        "gsw",
        "fr",
    )
    with pytest.raises(ValueError) as raised:
        table.map(["anglais", "noise", "chinois", "als", "espagnol", "positive"])
    assert str(raised.value) == (
        f"{path}: 2 labels of the model are neither in the table nor language codes: espagnol, positive; "
        "add a line of label, tab and tag for each"
    )
    with pytest.raises(ValueError) as raised:
        table.map(["__label__noise", "__label__als"])
    assert str(raised.value) == (
        f"{path}: 2 labels of the table are none of the model: anglais, chinois; correct or remove them"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it has no line of a label, a tab and a tag"),
        ("# nothing\n", "it has no line of a label, a tab and a tag"),
        ("en en\n", "line 1 is not a label, a tab and a tag: 'en en'"),
        ("a\ten\tfr\n", "line 1 is not a label, a tab and a tag: 'a\\ten\\tfr'"),
        ("\n\ten\n", "line 2 is not a label, a tab and a tag: 'en'"),
        ("a\t\n", "line 1 is not a label, a tab and a tag: 'a'"),
        ("a\teng\n", "line 1 maps a to eng: write en"),
        ("a\ten-Latn\n", "line 1 maps a to en-Latn: write en"),
        ("a\tzh_Hans\n", "line 1 maps a to zh_Hans: write zh-Hans"),
        ("a\tenglish\n", "line 1 maps a to english, which names no language in BCP-47; text in none is und"),
        ("a\tzxx\n", "line 1 maps a to zxx, which names no language in BCP-47; text in none is und"),
        ("a\ten\n__label__a\tfr\n", "line 2 has a a second time"),
        (
            "a\n" * 7,
            "line 1 is not a label, a tab and a tag: 'a'; line 2 is not a label, a tab and a tag: 'a'; "
            "line 3 is not a label, a tab and a tag: 'a'; line 4 is not a label, a tab and a tag: 'a'; "
            "line 5 is not a label, a tab and a tag: 'a' and 2 more",
        ),
    ],
)
def test_a_wrong_table_names_its_lines(text: str, problem: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse(text, place="labels.tsv")
    assert str(raised.value) == f"labels.tsv is no label table: {problem}"


def test_a_table_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        find_table("any.bin", labels="glotlld")
    assert str(missing.value) == (
        "no label table glotlld: give a file of label, tab, tag, or glotlid, nllb, openlid"
    )
    path = tmp_path / "labels.tsv"
    path.write_bytes(b"a\ten\n\xff\tfr\n")
    with pytest.raises(ValueError) as wrong:
        find_table("any.bin", labels=str(path))
    assert str(wrong.value) == f"{path} is no label table: not UTF-8 at byte 5"


def test_the_digest_is_of_the_rows() -> None:
    def table(text: str) -> LabelTable:
        return LabelTable("t", parse(text, place="t"), shared=False)

    assert table("a\ten\nb\tfr\n").digest == table("# order\nb\tfr\n\na\ten\n").digest
    assert table("a\ten\nb\tfr\n").digest != table("a\ten\nb\tde\n").digest
