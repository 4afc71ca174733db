"""The dirt of the demo corpus: what real sources bring along, made from the corpus's own text.

Every method adds or spoils some records and notes them in the dirt map; nothing in the data marks them.
Lines that are no records at all are added in `examples.demo.make.broken_lines`, when a file is written.
"""

import random
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from itertools import islice
from typing import Any

DirtMap = dict[str, dict[str, list[str]]]
"""kind → file → record ids, or `line:<n>`."""
Originals = dict[str, dict[str, list[str]]]
"""file → id of a copy → file and id of what it was made from."""


@dataclass
class Record:
    """One record of a source before it is written under the source's own names."""

    id: str
    text: str
    lang: str
    title: str | None = None
    url: str | None = None
    license: str | None = None
    date: str | None = None
    author: str | None = None
    translator: str | None = None


MENUS = {
    "en": "Home | About | Contact",
    "fr": "Accueil | À propos | Contact",
    "es": "Inicio | Acerca de | Contacto",
    "pt": "Início | Sobre | Contato",
    "id": "Beranda | Tentang | Kontak",
    "sw": "Nyumbani | Kuhusu | Wasiliana",
    "hi": "होम | हमारे बारे में | संपर्क",
    "bn": "হোম | আমাদের সম্পর্কে | যোগাযোগ",
    "ta": "முகப்பு | எங்களைப் பற்றி | தொடர்பு",
    "ar": "الرئيسية | من نحن | اتصل بنا",
    "ur": "صفحہ اول | ہمارے بارے میں | رابطہ",
    "zh-Hans": "首页 | 关于我们 | 联系我们",
}
COOKIES = {
    "en": "We use cookies to improve your experience. By using this site you accept our cookie policy.",
    "fr": "Nous utilisons des cookies pour améliorer votre expérience. En continuant, vous les acceptez.",
    "es": "Utilizamos cookies para mejorar su experiencia. Al continuar, acepta nuestra política de cookies.",
    "pt": "Usamos cookies para melhorar sua experiência. Ao continuar, você aceita nossa política.",
    "hi": "हम आपके अनुभव को बेहतर बनाने के लिए कुकीज़ का उपयोग करते हैं।",
    "ar": "نستخدم ملفات تعريف الارتباط لتحسين تجربتك. باستخدام هذا الموقع فإنك توافق على ذلك.",
    "zh-Hans": "我们使用 Cookie 来改善您的体验。继续使用本网站即表示您同意我们的 Cookie 政策。",
}
HEADER = "Skip to main content\nSubscribe to our newsletter"
FOOTER = "Share on Facebook | Share on Twitter\nAll articles | Archive | Terms of use\n© All rights reserved"

UNSPACED = frozenset(["zh-Hans", "zh-Hant"])
"""Languages whose words are not separated by spaces: there is no word to change."""


class Dirtier:
    """Adds dirt to the records of all sources and remembers it."""

    def __init__(
        self, corpus: dict[str, list[Record]], *, files: Mapping[str, str], rng: random.Random
    ) -> None:
        self.corpus = corpus
        self.files = files
        self.rng = rng
        self.dirt: DirtMap = {}
        self.originals: Originals = {}
        self._clean = {uid: list(records) for uid, records in corpus.items()}

    def pick(
        self, uid: str, count: int, *, lang: str | None = None, min_chars: int = 300, max_chars: int = 8000
    ) -> list[Record]:
        """count clean records of one source, each given out at most once."""
        pool = [
            record
            for record in self._clean[uid]
            if min_chars <= len(record.text) <= max_chars and (lang is None or record.lang == lang)
        ]
        chosen = self.rng.sample(pool, count)
        taken = {id(record) for record in chosen}
        self._clean[uid] = [record for record in self._clean[uid] if id(record) not in taken]
        return chosen

    def note(self, kind: str, uid: str, record_id: str) -> None:
        self.dirt.setdefault(kind, {}).setdefault(self.files[uid], []).append(record_id)

    def insert(
        self, kind: str, uid: str, record: Record, *, original: tuple[str, Record] | None = None
    ) -> None:
        """Put a record somewhere into a source and note it, with what it was made from."""
        records = self.corpus[uid]
        records.insert(self.rng.randrange(len(records) + 1), record)
        self.note(kind, uid, record.id)
        if original is not None:
            source, old = original
            self.originals.setdefault(self.files[uid], {})[record.id] = [self.files[source], old.id]

    def fresh(self, record: Record, **changes: Any) -> Record:
        """A copy under an id that no other record has."""
        new = copy(record)
        folder = record.id.split("/")[0] if "/" in record.id else record.lang
        new.id = f"{folder}/{self.rng.getrandbits(40):010x}"
        for name, value in changes.items():
            setattr(new, name, value)
        return new

    def duplicate(self) -> None:
        for uid, count in (
            ("tico19", 15),
            ("ntrex", 25),
            ("african_storybook", 15),
            ("libreoffice_help", 15),
            ("flores_dev", 15),
        ):
            for record in self.pick(uid, count, min_chars=60):
                self.insert("exact_duplicate", uid, self.fresh(record), original=(uid, record))
        # Only from CC0 into others, or under the same licence: the copies' cards stay true.
        for origin, uid, count in (
            ("tico19", "ntrex", 15),
            ("tico19", "gnome_user_docs", 10),
            ("tico19", "libreoffice_help", 10),
            ("african_storybook_sw", "african_storybook", 15),
        ):
            like = self.corpus[uid][0]
            for record in self.pick(origin, count):
                new = self.fresh(record, license=like.license)
                self.insert("duplicate_across_sources", uid, new, original=(origin, record))

    def nearly_duplicate(self) -> None:
        for uid in ("tico19", "ntrex", "african_storybook", "pratham_books"):
            spaced = (record for record in self.pick(uid, 30) if record.lang not in UNSPACED)
            for record in islice(spaced, 15):
                new = self.fresh(record, text=self._change_words(record.text, share=0.05))
                self.insert("near_duplicate", uid, new, original=(uid, record))
        for uid in ("ntrex", "gnome_user_docs", "libreoffice_help"):
            for record in self.pick(uid, 12, min_chars=800):
                new = self.fresh(record, text=f"{HEADER}\n{record.text}\n{FOOTER}")
                self.insert("near_duplicate_wrapped", uid, new, original=(uid, record))

    def _change_words(self, text: str, *, share: float) -> str:
        """Replace a share of the words by other words of the same text."""
        lines = [line.split(" ") for line in text.split("\n")]
        places = [(row, column) for row, words in enumerate(lines) for column in range(len(words))]
        words = [lines[row][column] for row, column in places]
        for row, column in self.rng.sample(places, max(1, round(share * len(places)))):
            lines[row][column] = self.rng.choice(words)
        return "\n".join(" ".join(words) for words in lines)

    def boilerplate(self) -> None:
        for lang, menu in MENUS.items():
            for uid in ("tico19", "ntrex"):
                first = next(record for record in self.corpus[uid] if record.lang in (lang, "en"))
                new = self.fresh(first, text="\n".join([menu] * 50), lang=lang, title=None)
                self.insert("menu_page", uid, new)
        for lang, notice in COOKIES.items():
            (record,) = self.pick("tico19", 1, lang=lang, min_chars=1000, max_chars=25_000)
            start = record.text[:600]
            text = f"{MENUS.get(lang, MENUS['en'])}\n{notice}\n{start}\n" + f"{notice}\n" * 12
            self.insert("cookie_page", "tico19", self.fresh(record, text=text))
        for record in self.pick("ntrex", 60, lang=None):
            record.text = f"{HEADER}\n{record.text}\n{FOOTER}"
            self.note("site_lines", "ntrex", record.id)

    def mislabel(self) -> None:
        for uid, true, declared, count in (
            ("tico19", "en", "sw", 3),
            ("ntrex", "en", "yo", 6),
            ("ntrex", "fr", "wo", 5),
            ("ntrex", "es", "ca", 4),
            ("ntrex", "pt", "ig", 3),
            ("african_storybook", "en", "rw", 5),
            ("pratham_books", "en", "as", 5),
            ("pratham_books", "hi", "mr", 4),
        ):
            for record in self.pick(uid, count, lang=true):
                record.lang = declared
                self.note("wrong_language", uid, record.id)
        for uid, true, declared, count in (
            ("ntrex", "de", "en", 3),
            ("ntrex", "ru", "id", 3),
            ("ntrex", "ha", "ig", 3),
            ("african_storybook", "af", "zu", 3),
        ):
            for record in self.pick(uid, count, lang=true):
                record.lang = declared
                self.note("other_language_mislabelled", uid, record.id)
        for uid, records in self.corpus.items():
            for record in records:
                if record.lang in ("de", "ru", "ha", "af"):
                    self.note("other_language", uid, record.id)
        for record in self.pick("tico19", 4, lang="sw"):
            record.lang = "Kiswahili"
            self.note("unknown_language_tag", "tico19", record.id)

    def degrade(self) -> None:
        for lang in ("en", "fr", "es", "pt", "id", "sw", "hi", "ar", "zu", "rw"):
            (record,) = self.pick("tico19", 1, lang=lang, max_chars=25_000)
            words = [word for word in record.text.split() if len(word) > 4][:12]
            spam = " ".join(self.rng.choice(words) for _ in range(400))
            self.insert("keyword_spam", "tico19", self.fresh(record, text=spam))
        for uid in ("tico19", "ntrex", "pratham_books"):
            for record in self.pick(uid, 2):
                digits = " ".join(f"{self.rng.randrange(10**6):06d};" for _ in range(120)) + " ... --- !!!"
                self.insert("digits_only", uid, self.fresh(record, text=digits))
            for text in ("", " \n\t\n "):
                (record,) = self.pick(uid, 1)
                self.insert("empty_text", uid, self.fresh(record, text=text))
        for lang in ("fr", "es", "pt", "hi"):
            (record,) = self.pick("tico19", 1, lang=lang, max_chars=25_000)
            broken = record.text[:3000].encode().decode("latin-1")
            self.insert("mojibake", "tico19", self.fresh(record, text=broken))
        for record in self.pick("ntrex", 12):
            number = self.rng.randrange(10, 99)
            contact = f"a.person{number}@example.org, +1 202 555 01{number}, 192.0.2.{number}"
            record.text = f"{record.text}\n{contact}"
            self.note("contact_details", "ntrex", record.id)

    def repeat_keys(self) -> None:
        for uid in ("tico19", "libreoffice_help", "flores_dev"):
            old, new = self.pick(uid, 2, min_chars=60), self.pick(uid, 2, min_chars=60)
            for first, second in zip(old, new, strict=True):
                record = copy(second)
                record.id = first.id
                self.insert("duplicate_key", uid, record)


def add_dirt(
    corpus: dict[str, list[Record]], *, files: Mapping[str, str], rng: random.Random
) -> tuple[DirtMap, Originals]:
    """Add every kind of dirt that a well-formed file can hold; what was added, and from what it was made."""
    dirtier = Dirtier(corpus, files=files, rng=rng)
    dirtier.mislabel()
    dirtier.boilerplate()
    dirtier.duplicate()
    dirtier.nearly_duplicate()
    dirtier.degrade()
    dirtier.repeat_keys()
    return dirtier.dirt, dirtier.originals
