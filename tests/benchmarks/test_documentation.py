"""Commands of benchmarks, tools and the demo's builder exist as the pages show them; results are dated."""

import datetime
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *(path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "filters" / "languages").glob("*.yaml"),
        ROOT / "benchmarks" / "README.md",
        ROOT / "examples" / "demo" / "README.md",
    ]
)
_MODULE = re.compile(r"python -m ((?:benchmarks|tools|examples)[.\w]+)((?:[^`|\n]*\\\n)*[^`|\n]*)")
_FILE = re.compile(r"\b(?:benchmarks|tools|examples/demo/make)/[\w/.-]*\w")


def commands() -> list[tuple[str, str, str]]:
    """(page, module, arguments) of every command that is shown, the lines that it goes on in included."""
    return [
        (str(page.relative_to(ROOT)), match[1], match[2])
        for page in PAGES
        for match in _MODULE.finditer(page.read_text("utf-8"))
        if not match[1].endswith(".NAME")
    ]


def source_of(module: str) -> str:
    """The program's text; of a package, of its `__main__`; and of the module that it has its options from."""
    path = ROOT / module.replace(".", "/")
    text = (path / "__main__.py" if path.is_dir() else path.with_suffix(".py")).read_text("utf-8")
    shared = re.findall(r"^from ([\w.]+) import .*\badd_arguments\b", text, re.MULTILINE)
    return text + "".join(source_of(module) for module in shared)


def test_commands_are_found_on_the_pages_that_show_them() -> None:
    assert {"docs/performance.md", "benchmarks/README.md", "docs/how-to/clusters.md"} <= {
        page for page, _, _ in commands()
    }


@pytest.mark.parametrize(("page", "module", "arguments"), commands())
def test_a_command_that_is_shown_exists_with_its_options(page: str, module: str, arguments: str) -> None:
    program = source_of(module)
    for option in re.findall(r"(?<!\w)--[\w-]+", arguments):
        assert f'"{option}"' in program or f"def {option[2:].replace('-', '_')}" in program, (
            f"{page}: {option}"
        )
    words = arguments.split()
    subcommands = re.findall(r"@main\.command\((?:\"(\w+)\")?\)(?:\n@.*)*\ndef (\w+)", program)
    if subcommands and words and not words[0].isupper():
        assert words[0] in {given or name for given, name in subcommands}, f"{page}: {module} {words[0]}"


def test_a_file_that_a_page_names_exists() -> None:
    missing = {
        f"{page.relative_to(ROOT)}: {name}"
        for page in PAGES
        for name in _FILE.findall(page.read_text("utf-8"))
        if not (ROOT / name).exists() and "NAME" not in name
    }
    assert missing == set()


def test_the_page_of_numbers_shows_the_latest_only() -> None:
    assert len((ROOT / "docs" / "performance.md").read_bytes()) <= 8000


def test_results_are_dated_and_readable() -> None:
    results = sorted((ROOT / "benchmarks" / "results").iterdir())
    assert results
    for path in results:
        date, name = path.name[:10], path.name[10:]
        assert datetime.date.fromisoformat(date)
        assert re.fullmatch(r"-[a-z_-]+\.(md|jsonl)", name)
        if path.suffix == ".jsonl":
            assert all(json.loads(line) for line in path.read_text("utf-8").splitlines())
        else:
            assert path.read_text("utf-8").startswith("# ")
