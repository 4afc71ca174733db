"""`rhizotron lid eval`: a report on labelled lines that says what was measured, or what is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from filters.language_id import load_model
from filters.language_id.evaluation import evaluate, summarise
from filters.languages import TAGS
from pipeline.cli import main

RUNNER = CliRunner()
MODEL = "lid.176"
ENGLISH = b"Everyone has the right to life, liberty and security of person."
FRENCH = "Tout individu a droit à la vie, à la liberté et à la sûreté de sa personne.".encode()


def rhizotron(*arguments: object) -> Result:
    return RUNNER.invoke(main, ["lid", *[str(argument) for argument in arguments]])


@pytest.fixture(scope="module")
def languages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts in two targets, in Esperanto and in no language, under the names that people give files."""
    folder = tmp_path_factory.mktemp("eval set")
    (folder / "eng_Latn.txt").write_bytes(b"\n".join([ENGLISH] * 3 + [FRENCH]) + b"\n\n \r\n")
    (folder / "fr.txt").write_bytes(b"\n".join([FRENCH] * 2))
    (folder / "epo_Latn.txt").write_text("Ĉiu havas la rajton je vivo, libereco kaj persona sekureco.\n")
    (folder / "und.txt").write_text("1234 5678\n")
    (folder / "README.md").write_text("not a language\n")
    return folder


def evaluated(*arguments: object) -> dict[str, Any]:
    result = rhizotron("eval", *arguments, "--model", MODEL, "--json", "-")
    assert result.exit_code == 0, result.output
    report: dict[str, Any] = json.loads(result.output)
    return report


def test_the_report_is_the_evaluation_of_the_lines(languages: Path) -> None:
    report = evaluated(languages)
    pairs = {("en", "en"): 3, ("en", "fr"): 1, ("fr", "fr"): 2, ("eo", "eo"): 1, ("und", "und"): 1}
    files = {"en": ["eng_Latn.txt"], "fr": ["fr.txt"], "eo": ["epo_Latn.txt"], "und": ["und.txt"]}
    expected = summarise(evaluate(pairs, targets=TAGS))
    expected["languages"] = [{**row, "files": files[row["lang"]]} for row in expected["languages"]]
    assert report == {
        "report_version": 1,
        "model": {"name": MODEL, "sha256": load_model(MODEL).digest},
        "max_texts_per_file": None,
        "blank_lines": 2,
        **expected,
    }
    assert evaluated(languages, "--balanced")["languages"] == [
        {**row, "files": files[row["lang"]]}
        for row in summarise(evaluate(pairs, targets=TAGS, balanced=True))["languages"]
    ]


def test_only_the_first_texts_of_each_file_are_read(languages: Path) -> None:
    report = evaluated(languages, "--lines", 2)
    assert [(row["lang"], row["support"]) for row in report["languages"]] == [
        ("en", 2),
        ("eo", 1),
        ("fr", 2),
        ("und", 1),
    ]
    assert (report["accuracy"], report["blank_lines"], report["max_texts_per_file"]) == (1.0, 0, 2)


def test_languages_are_counted_as_one_if_asked(languages: Path) -> None:
    report = evaluated(languages, "--group", "en=fra_Latn,epo")
    assert [row["lang"] for row in report["languages"]] == ["en", "und"]
    assert report["languages"][0]["files"] == ["eng_Latn.txt", "epo_Latn.txt", "fr.txt"]
    assert report["counted_as_one"] == {"en": ["en", "eo", "fr"]}
    assert report["accuracy"] == 1.0


@pytest.mark.parametrize(
    ("group", "problem"),
    [
        ("ar", "'ar' is not a language code, =,"),
        ("ar=", "'ar=' is not a language code, =,"),
        ("=ar", "'=ar' is not a language code, =,"),
        ("ar=arz,no_code_at_all", "is not a language code, =,"),
        ("tw=ak", "tags cannot be counted as each other: tw → ak → tw"),
    ],
)
def test_a_group_that_makes_no_sense_is_named(group: str, problem: str, languages: Path) -> None:
    result = rhizotron("eval", languages, "--group", group)
    assert result.exit_code == 2
    assert problem in result.stderr


def test_a_language_in_two_groups_is_named(languages: Path) -> None:
    result = rhizotron("eval", languages, "--group", "ar=arz", "--group", "fr=arz")
    assert (result.exit_code, "arz is counted as ar and as fr" in result.stderr) == (2, True)


def test_the_table_has_the_numbers_and_says_what_they_depend_on(languages: Path, tmp_path: Path) -> None:
    result = rhizotron("eval", languages, "--model", MODEL, "--json", tmp_path / "report.json")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "report.json").read_bytes()) == evaluated(languages)
    rows = [[cell.strip() for cell in line.split("│")] for line in result.output.splitlines()]
    assert ["", "en", "4", "1.000", "0.750", "0.301–0.954", "0.857", "0.0 %", "", "fr 25.0 %", ""] in rows
    assert ["", "eo", "1", "1.000", "1.000", "0.206–1.000", "1.000", "0.0 %", "0.0 %", "", ""] in rows
    assert ["", "mean of targets (2)", "", "0.833", "0.875", "", "0.829", "", "", "", ""] in rows
    for note in (
        "8 texts, 87.5 % rightly named by lid.176",
        "blank lines, not counted as texts: 2",
        "false acceptance: 0 of 1 texts in 1 other languages",
        "target languages without a file: ak ar",
        "a language with more texts weighs more",
    ):
        assert note in result.output
    balanced = rhizotron("eval", languages, "--balanced", "--lines", 1).output
    assert "weigh each language the same" in balanced
    assert "only the first 1 texts" in balanced


def test_akan_and_twi_files_are_one_language(tmp_path: Path) -> None:
    for name in ("aka_Latn", "twi_Latn", "fat"):
        (tmp_path / f"{name}.txt").write_text("Nnipa nyinaa yɛ pɛ.\n")
    report = evaluated(tmp_path)
    (row,) = report["languages"]
    assert (row["lang"], row["support"]) == ("ak", 3)
    assert row["files"] == ["aka_Latn.txt", "fat.txt", "twi_Latn.txt"]
    assert report["counted_as_one"]["ak"] == ["ak", "tw"]
    result = rhizotron("eval", tmp_path)
    assert "counted as one language: ak: ak tw" in result.output


def test_everything_wrong_with_a_folder_is_told_at_once(tmp_path: Path) -> None:
    names = ("en.txt", "english.txt", "x1.txt", "zho.txt")
    for name in names:
        (tmp_path / name).write_bytes(ENGLISH)
    result = rhizotron("eval", tmp_path)
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"rhizotron: {tmp_path}: 3 problem(s)",
        "  english.txt: 'english' is not a language code of BCP-47 or ISO 639",
        "  x1.txt: 'x1' is not a language code of BCP-47 or ISO 639",
        "  zho.txt: call it zh-Hans.txt or zh-Hant.txt, or count both as one: --group zh=zh-Hans,zh-Hant",
    ]
    for name in names[1:]:
        (tmp_path / name).unlink()
    (tmp_path / "fr.txt").touch()
    (tmp_path / "sw.txt").write_bytes(b"\n \r\n\t")
    result = rhizotron("eval", tmp_path)
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"rhizotron: {tmp_path}: 2 problem(s)",
        "  fr.txt: no text; remove it, or write one text a line",
        "  sw.txt: no text; remove it, or write one text a line",
    ]


def test_chinese_of_either_orthography_may_be_counted_as_one(tmp_path: Path) -> None:
    texts = (
        "人人有权享有生命、自由和人身安全。任何人不得使为奴隶",
        "人人有權享有生命、自由和人身安全。任何人不得使為奴隸",
    )
    (tmp_path / "zho.txt").write_text("\n".join(texts), "utf-8")
    report = evaluated(tmp_path, "--group", "zh=zh,zh-Hans,zh-Hant")
    assert report["counted_as_one"] == {"zh": ["zh", "zh-Hans", "zh-Hant"]}
    assert [(row["lang"], row["recall"], row["target"]) for row in report["languages"]] == [("zh", 1.0, True)]


@pytest.mark.parametrize("kind", ["nothing", "file", "empty", "other files"])
def test_a_folder_without_texts_is_one_clear_error(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    if kind == "file":
        folder.write_bytes(ENGLISH)
    elif kind != "nothing":
        folder.mkdir()
    if kind == "other files":
        (folder / "en.jsonl").touch()
    result = rhizotron("eval", folder)
    assert result.exit_code == 2
    (error,) = result.stderr.splitlines()
    assert str(folder) in error
    assert "<bcp47>.txt" in error


def test_a_model_that_cannot_be_loaded_is_one_clear_error(languages: Path) -> None:
    result = rhizotron("eval", languages, "--model", languages / "en.ftz")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"rhizotron: no language model {languages / 'en.ftz'}: ")


def test_a_report_that_cannot_be_written_is_one_clear_error(languages: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = rhizotron("eval", languages, "--json", tmp_path / "file" / "report.json")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"rhizotron: cannot write {tmp_path / 'file' / 'report.json'}: ")
