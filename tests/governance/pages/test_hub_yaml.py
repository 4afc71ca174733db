"""The README's YAML: what is written comes back, what the Hub or `datasets` would trip over is found."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from governance.pages.hub_yaml import check_readme, size_category, write_yaml
from governance.pages.markdown import share

GOOD = {
    "language": ["no", "zh"],
    "license": ["cc-by-4.0"],
    "size_categories": ["n<1K"],
    "configs": [
        {
            "config_name": "no",
            "version": "1.0.0",
            "data_files": [{"split": "train", "path": "data/no/*/*.arrow"}],
        }
    ],
    "dataset_info": [
        {
            "config_name": "no",
            "features": [{"name": "text", "dtype": "large_string"}],
            "splits": [{"name": "train", "num_bytes": 1, "num_examples": 1}],
        }
    ],
}


def readme(**changes: object) -> str:
    return f"---\n{write_yaml(GOOD | changes)}---\n\ntext\n"


def test_a_good_readme_has_no_problems() -> None:
    assert check_readme(readme()) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (readme().replace('config_name: "no"', "config_name: no", 1), "$.configs[0].config_name: quote 'no'"),
        (
            readme().replace('version: "1.0.0"', "version: 2026-01-01"),
            "$.configs[0].version: quote '2026-01-01'",
        ),
        (readme().replace('  version: "1.0.0"\n', ""), "$.configs[0].version: required as x.y.z"),
        (readme(language=["zh-Hans"]), "$.language: 'zh-Hans' is not ISO 639"),
        (readme(license=["not-a-license"]), "$.license: 'not-a-license' is not a licence id"),
        (
            readme(license=["gpl-3.0"]),
            "$.license: 'gpl-3.0' is not a licence id of the Hub, or names a family",
        ),
        (readme(license=["other"]), "$.license: `other` needs license_name and license_link"),
        (readme(license=[]), "$.license: required"),
        (readme(license_link="LICENSES.md"), "$.license_link: 'LICENSES.md' must be LICENSE, LICENSE.md or"),
        (readme(size_categories=["foo"]), "$.size_categories: 'foo' is not one of"),
        (readme(configs=GOOD["configs"] * 2), "$.configs[0].config_name: 'no' more than once"),  # type: ignore[operator]
        (readme().replace('split: "train"', 'split: "zh-Hans"'), "split: 'zh-Hans' must be letters"),
        (readme().replace('path: "data', 'path: "/data'), "must be relative to the README"),
        (readme(dataset_info=[{"config_name": "yo"}]), "config_name: 'yo' is not one of the configs"),
        (readme(dataset_info=[{"config_name": "no"}]), "features: required"),
        ("no front matter", "must start with a line `---`"),
        (readme().replace("language:", "license: [a]\nlanguage:"), "repeated key(s): license"),
    ],
)
def test_what_would_break_is_found_offline(text: str, expected: str) -> None:
    assert any(expected in problem for problem in check_readme(text)), check_readme(text)


values = st.recursive(
    st.text(st.characters(codec="utf-8")) | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text("abcdefno_", min_size=2, max_size=6), values, max_size=4))
def test_written_yaml_reads_back(fields: dict[str, object]) -> None:
    assert (yaml.safe_load(write_yaml(fields)) or {}) == fields


def test_configs_are_blocks_and_their_files_lines() -> None:
    configs = [{"config_name": "no", "data_files": [{"split": "train", "path": "data/no/*.arrow"}]}]
    assert write_yaml({"license": ["cc0-1.0"], "yes": True, "configs": configs, "extra": {"n": 1}}) == (
        'license: ["cc0-1.0"]\n'
        '"yes": true\n'
        "configs:\n"
        '- config_name: "no"\n'
        "  data_files:\n"
        '  - {split: "train", path: "data/no/*.arrow"}\n'
        "extra:\n"
        '  "n": 1\n'
    )


@pytest.mark.parametrize(
    ("documents", "category"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**12 - 1, "100B<n<1T"), (10**12, "n>1T")],
)
def test_size_categories(documents: int, category: str) -> None:
    assert size_category(documents) == category


@pytest.mark.parametrize(
    ("part", "total", "text"),
    [
        (0, 0, "–"),
        (0, 5, "0.0 %"),
        (5, 5, "100.0 %"),
        (1, 3, "33.3 %"),
        (1, 2001, "< 0.1 %"),
        (1, 2000, "0.1 %"),
        (2000, 2001, "> 99.9 %"),
    ],
)
def test_shares_never_round_something_to_nothing(part: int, total: int, text: str) -> None:
    assert share(part, total=total) == text
