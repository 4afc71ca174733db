"""The room that knows Arrow: edits change text, signals measure it, rules decide.

A filter never drops a document. Edits and signals are functions of a batch with the same rows
in and out; rules are data. Nothing here knows Beam, files or the network.
"""
