"""Every way a submission can end, each with the sentence that the student and the TA get to read."""

from enum import Enum


class Outcome(Enum):
    """How running a submission ended. A later member is worse news than an earlier one.

    Attributes
    ----------
    value : str
        The short name, as tables show it.
    sentence : str
        What happened and what to do about it.
    """

    OK = "ok", "Every cell ran."
    INCOMPLETE = "incomplete", "Some exercises are still empty: their cells raise NotImplementedError."
    CHECK_FAILED = "check failed", "Everything ran, but a check in the notebook says that something is not right yet."
    CELL_ERROR = "cell error", "A cell raised an error. The cells after it were run all the same."
    SYNTAX_ERROR = "syntax error", "A cell is not valid Python and could not run. The other cells were run."
    OUTPUT_LIMIT = "output limit", "A cell printed more than may be kept. The rest of its output was cut off."
    EXITED = "exited", "The code ended Python itself (sys.exit or os._exit). What it ended was skipped."
    TIME_LIMIT = "time limit", "Something ran longer than this assignment allows and was interrupted."
    MEMORY_LIMIT = "memory limit", "Something asked for more memory than this assignment allows."
    KILLED = "killed", "The Python process died, as it does after a crash in compiled code."
    PROTOCOL_VIOLATION = "protocol violation", "The process sent something that no notebook sends, and was ended."
    MISSING_NOTEBOOK = "missing notebook", "The folder holds no notebook of this assignment."
    UNREADABLE_NOTEBOOK = "unreadable notebook", "The file is not a Jupyter notebook that can be read."
    NOT_GRADED = "not graded", "Grading this submission did not come to its end. That says nothing about its points."

    def __new__(cls, value, sentence):
        member = object.__new__(cls)
        member._value_ = value
        member.sentence = sentence
        return member

    @property
    def ordinary(self):
        """Whether this is how honest work in progress ends."""
        return self in (Outcome.OK, Outcome.INCOMPLETE, Outcome.CHECK_FAILED)

    @property
    def unusable(self):
        """Whether there was no notebook to run at all."""
        return self in (Outcome.MISSING_NOTEBOOK, Outcome.UNREADABLE_NOTEBOOK)

    @staticmethod
    def worst(outcomes):
        """The member that comes last in the list above, or OK."""
        order = list(Outcome)
        return max(outcomes, key=order.index, default=Outcome.OK)
