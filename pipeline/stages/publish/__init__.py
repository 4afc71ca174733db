"""publish: text and decisions → the release, its ledger, cards and manifest."""
