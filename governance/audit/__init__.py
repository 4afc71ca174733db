"""The questions that auditors ask of a release, answered from the release alone.

A integrity, B documentation, C rights, D reservations and removals,
E languages, F content, G personal data, H process, I forms of law.
"""
