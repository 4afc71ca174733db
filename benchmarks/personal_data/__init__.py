"""Sets of sentences with planted personal data and look-alikes, and what the detectors make of them."""
