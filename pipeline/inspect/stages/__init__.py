"""What of each stage is done: `look` names its units to a Watch, and says whether all are there."""
