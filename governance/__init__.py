"""Law: source cards, licences, the ledger's balance, the manifest, and the pages generated from them.

Beam-free. A page says only what a manifest counts or what a source card says.
"""
