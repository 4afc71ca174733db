"""I: how much of the forms of law can be filled from the records, and is it still young enough?"""

from datetime import date

from governance.audit.answer import Evidence, Finding, NotAnswerable
from governance.audit.ask import Question
from governance.audit.audited import Audited
from governance.audit.forms import answered, load_form, make_table


def i1_eu_template(audited: Audited) -> Finding:
    form = load_form("eu_template")
    done = answered(form, audited)
    states = list(done.values())
    own = len(form) - states.count("needs the provider")
    filled = states.count("answered")
    figure = make_table(
        "I1", "Public summary of training content (EU): what the release can fill", form, done
    )
    text = (
        f"{filled} of {own} fields that a corpus can fill have an answer, {states.count('unknown')} are "
        "unknown; "
        f"{states.count('needs the provider')} are the model provider's. No legal advice."
    )
    evidence = [Evidence("cards/sources/"), Evidence("manifest.json")]
    return Finding(filled / own, text, unit="share of fields", evidence=evidence, figures=[figure])


def i2_ab_2013(audited: Audited) -> Finding:
    form = load_form("ab_2013")
    done = answered(form, audited)
    filled = list(done.values()).count("answered")
    needs = list(done.values()).count("needs the provider")
    figure = make_table("I2", "California AB 2013: which items the release answers", form, done)
    text = f"{filled} of 12 items have an answer; {needs} are the developer's to answer. No legal advice."
    evidence = [Evidence("cards/sources/"), Evidence("manifest.json")]
    return Finding(filled, text, unit="of 12", evidence=evidence, figures=[figure])


def i3_age(audited: Audited) -> Finding:
    released = getattr(audited.manifest, "released", None)
    if not released:
        raise NotAnswerable("the date of the release (`released` of the corpus file)")
    if audited.today is None:
        raise NotAnswerable("the day of the audit (--date): no clock is asked")
    made = date.fromisoformat(str(released)[:10])
    days = (audited.today - made).days
    if days < 0:
        raise NotAnswerable(f"a day of the audit (--date) that is not before the release of {made}")
    text = (
        f"The release is of {made}, {days} days before {audited.today}; the EU asks for an update every "
        "six months."
    )
    return Finding(days, text, unit="days", evidence=[Evidence("manifest.json", "released")])


QUESTIONS = (
    Question("I1", "How much of the EU's summary of training content can be filled?", i1_eu_template),
    Question("I2", "How many items of California's AB 2013 are answered?", i2_ab_2013),
    Question("I3", "Is the summary younger than six months?", i3_age),
)
