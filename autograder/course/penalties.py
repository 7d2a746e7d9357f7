"""What lateness costs: functions of times and points alone.

Nothing of it is kept. Whoever reads grades computes it again (see `settling`), so that a due date that moves, an extension,
another share or points by hand count from then on, and no notebook is run for it.
"""

from datetime import timedelta

_NONE, _DAY = timedelta(), timedelta(days=1)


def lateness(time, due, extension=None):
    """How late something was handed in; not at all, where it is not known when, or nothing was due.

    Parameters
    ----------
    time, due : datetime.datetime or None
    extension : datetime.timedelta, optional

    Returns
    -------
    datetime.timedelta
    """
    return max(time - due - (extension or _NONE), _NONE) if time and due else _NONE


def days_begun(late, grace):
    """How many days have begun, from when the grace was over."""
    return max(0, -((grace - late) // _DAY))


def after_grace_days(lates, grace, grace_days):
    """What is left of a student's latenesses when grace days are used, the first for what was due first.

    Parameters
    ----------
    lates : list of datetime.timedelta
        Of all assignments, in the order in which they were due.
    grace : datetime.timedelta
        How late a submission may be without losing anything.
    grace_days : int
        How many days late a student may be over the term.

    Returns
    -------
    list of datetime.timedelta
    """
    left = []
    for late in lates:
        used = min(days_begun(late, grace), grace_days)
        grace_days -= used
        left.append(max(late - used * _DAY, _NONE))
    return left


def penalty(points, late, share_per_day, grace, largest_share):
    """The points to take away, None if it is not late.

    Parameters
    ----------
    points : float
        Those by program and by hand.
    late, grace : datetime.timedelta
    share_per_day : float
        Of the points, lost for each day begun.
    largest_share : float
        However late it is, no more is lost.
    """
    days = days_begun(late, grace)
    return max(0.0, round(points * min(share_per_day * days, largest_share, 1.0), 2)) if days else None
