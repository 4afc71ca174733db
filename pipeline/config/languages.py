"""Language files of a corpus file: read, checked, and made the languages of this process beside the 46."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from filters import languages
from filters.language_id.labels import CHINESE, canonical_tag
from filters.languages import LanguageFile
from layers import storage


def load_languages(paths: Sequence[str], *, folder: str) -> list[str]:
    """Make the language files of a corpus file in a folder, and no others, those of this process.

    → a line for each thing that is wrong, and then there are none of one's own.
    """
    languages.activate(())
    files: list[LanguageFile] = []
    problems = []
    for index, name in enumerate(paths):
        path = storage.join(folder, name)
        if storage.is_remote(path):
            wrong = ["is not on this machine: give a local file"]
        else:
            wrong = [*_read(storage.local_path(path), files=files)]
        problems += [f"$.language_files[{index}]: {path} {problem}" for problem in wrong]
    if not problems:
        languages.activate(files)
    return problems


def _read(path: Path, *, files: list[LanguageFile]) -> Iterator[str]:
    """Add the language file at path; → what is wrong with it."""
    tag = path.stem
    if path.suffix != ".yaml":
        yield "is not called <tag>.yaml, by the language's tag"
    elif problem := tag_problem(tag):
        yield f"cannot be used: {problem}"
    elif tag in {file.tag for file in files}:
        yield f"is a second file of {tag}: give one"
    else:
        try:
            file = LanguageFile(tag, path.read_text("utf-8"))
            languages.parse(file.text, tag=tag)
        except OSError as error:
            yield f"cannot be read: {error.strerror or error}"
        except ValueError as error:  # no UTF-8, or no language file
            yield f"is no language file: {error}"
        else:
            files.append(file)


def tag_problem(tag: str) -> str:
    """Why a language of this tag cannot have a file of one's own; empty: it can."""
    if tag in languages.TAGS:
        return (
            f"{tag} is one of the {len(languages.TAGS)} languages that have a file already; change its "
            "limits by decide.thresholds"
        )
    canonical = canonical_tag(tag)
    if canonical == CHINESE:
        return f"{tag} is zh-Hans or zh-Hant, and both have a file already"
    if canonical in languages.TAGS:
        return f"{tag} means {canonical}, which has a file already"
    if canonical is None:
        return f"{tag} is no BCP-47 language tag, as in de, fil or sr-Latn"
    return "" if canonical == tag else f"the tag of {tag} is {canonical}: use that"
