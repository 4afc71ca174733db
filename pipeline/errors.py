"""What a run can fail with, on purpose; each maps to an exit code of the command line."""

import signal

from layers.problems import list_problems


class Interrupted(KeyboardInterrupt):
    """A signal ended the command; the message says what there is to know beside that."""

    def __init__(self, number: int, message: str = "") -> None:
        super().__init__(message)
        self.number = number

    @property
    def exit_code(self) -> int:
        """As a shell has it for a process that a signal ended."""
        return 128 + self.number

    @property
    def name(self) -> str:
        return signal.Signals(self.number).name


class RunError(Exception):
    """A failure that trying again will not mend. Shown to the user without a traceback."""

    exit_code = 1


class ConfigError(RunError):
    """The corpus file or a card is wrong; the message lists every problem with its path."""

    exit_code = 2

    def __init__(self, place: str, *, problems: list[str]) -> None:
        super().__init__(list_problems(place, problems))
        self.problems = problems


class InputError(RunError):
    """A file, folder or model that the command line names cannot be used."""

    exit_code = 2


class TooManyBadRecords(RunError):
    """A source has more unreadable records than max_bad_fraction allows."""

    exit_code = 3


class TooManyFilterErrors(RunError):
    """Edits and signals raised, or reading was stopped, on more documents than max_filter_errors allows."""

    exit_code = 3


class TooMuchLost(RunError):
    """A source, site or language lost more than max_loss to one cause, and the corpus file says to fail."""

    exit_code = 3


class InsufficientDisk(RunError):
    """The disk cannot hold what the plan estimates."""

    exit_code = 4


class OutputLocked(RunError):
    """Another driver is writing to the same output."""

    exit_code = 5


class MissingLayer(RunError):
    """A stage was started before the stage that it reads."""

    exit_code = 6


class UnitsFailed(RunError):
    """Units failed after every attempt; the failures are listed by `rhizotron status`."""

    exit_code = 7


class InputChanged(RunError):
    """An input file is not what was planned, so nothing that was read of it is committed."""

    exit_code = 10


class Unbalanced(RunError):
    """The ledger does not balance: a document was lost or counted twice, so there is no release."""

    exit_code = 8


class DamagedRelease(RunError):
    """A release is not what its manifest says."""

    exit_code = 9


class AuditFailed(RunError):
    """An audit has an answer that fails."""

    exit_code = 11


class AuditWarns(RunError):
    """An audit has an answer that warns, none that fails, and was asked to end so."""

    exit_code = 12
