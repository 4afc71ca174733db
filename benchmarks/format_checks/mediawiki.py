"""Dumps of wikis."""

from benchmarks.format_checks import Check

_MARKUP = ("{{", "[[", "<ref", "{|", "__TOC__")
_MEILLET = "Il a influencé aussi un certain nombre de linguistes étrangers."
CHECKS = [
    Check(
        "mediawiki/urwiki-*",
        "mediawiki",
        4,
        ["برلن یورپی سیاست، ثقافت اور سائنس کے اہم ترین مراکز میں سے ایک ہے۔"],
        _MARKUP,
        lang="ur",
    ),
    Check(
        "mediawiki/yowiki-*",
        "mediawiki",
        1,
        ["Berlin ni oluilu orile-ede Jẹ́mánì"],
        [*_MARKUP, "Ẹ̀ka:"],
        lang="yo",
    ),
    Check(
        "mediawiki/tewiki-*",
        "mediawiki",
        1,
        ["ఈ నగరం 1990కు మునుపు తూర్పు, పశ్చిమ బెర్లిన్ అను రెండు భాగములగా విభజితమై వుండెను."],
        _MARKUP,
        lang="te",
    ),
    Check(
        "mediawiki/hiwiki-*",
        "mediawiki",
        1,
        ["बर्लिन यूरोप की राजनीति, संस्कृति और विज्ञान का महत्त्वपूर्ण केन्द्र है।"],
        _MARKUP,
        lang="hi",
    ),
    Check(
        "mediawiki/swwiki-*",
        "mediawiki",
        2,
        ["Odongo na Apiyo walichangamka kwani ulikuwa wakati wa kumtembelea bibi kwa mara nyingine."],
        ["thumb", "Jamii:", "maoni", "REDIRECT", *_MARKUP],
        {"other_namespace": 3, "redirect": 1, "deleted_text": 1},
        lang="sw",
    ),
    Check(
        "mediawiki/frwiki-*-multistream.xml.bz2",
        "mediawiki",
        4,
        [_MEILLET],
        _MARKUP,
        {"other_namespace": 2, "redirect": 1},
        lang="fr",
    ),
    Check("mediawiki/frwiki-*-index.txt.bz2", "mediawiki", 0, rejected={"dump_index": 1}),
    Check("mediawiki/frwiki-cut.xml.bz2", "mediawiki", 2, [_MEILLET], _MARKUP, {"truncated": 1}, lang="fr"),
]
