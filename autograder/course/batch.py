"""Grades a whole class: many submissions at once, each result kept the moment it is there.

A result is complete when its report file exists: gradebook and autograded notebook are written before it. So a run
that is interrupted, even killed, loses what was in flight and nothing else, and the next run goes on from there.

Whatever goes wrong with one submission, from reading it to storing its result, is that submission's alone: it ends as
"not graded", changes no score that stands, and is tried again by the next run.
"""

import contextlib
import functools
import gc
import mmap
import multiprocessing
import os
import pickle
import queue
import signal
import traceback
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from autograder import KitError
from autograder.course import database, timestamps, trouble
from autograder.course.replacing import replacing, workshop
from autograder.grading import files
from autograder.grading.report import Report
from autograder.isolation import contained
from autograder.isolation.process import StudentDied, start_zygote
from autograder.isolation.student import pages
from autograder.isolation.student.sandbox import die_with_parent

_LOOK_SECONDS = 0.2  # how often Ctrl-C is looked for
_AHEAD = 2  # submissions for each worker: one that it grades, one that it need not wait for
_MANY = 20  # submissions: for as many, each of which is graded in a fork, large pages pay
_CENT = 0.005  # points that add up in another order can differ in the last bit
_FEEDBACK_SECONDS = 60  # for one page, which takes a tenth of one; laying out hostile Markdown can take days


class Store:
    """The reports of one assignment in a course: one JSON file each, and apart from them those that are no results.

    Parameters
    ----------
    course : gradebook.Course
    assignment_name : str
    """

    def __init__(self, course, assignment_name):
        self._assignment_name = assignment_name
        self.folder = course.root / ".autograder" / assignment_name
        self._failures = self.folder / "not-graded"
        self._failures.mkdir(parents=True, exist_ok=True)

    def get(self, student_id):
        """The result that stands, or None if there is none that this version can read."""
        return self._stored(self.folder, student_id)

    def failure(self, student_id):
        """The report that says why grading did not come to its end the last time, or None if it did."""
        return self._stored(self._failures, student_id)

    def put(self, report):
        """Store a report; after a crash there is the old one or the new one, never half of one.

        One of a submission that was not graded takes no result's place.
        """
        path = (self.folder if report.graded else self._failures) / f"{report.student}.json"
        if path.is_dir():
            path.rmdir()  # unless it holds something
        with replacing(path, mode=0o600) as file:
            file.write(report.to_json())

    def forget_failure(self, student_id):
        """What kept a submission from being graded is over, or about to be looked for again."""
        path = self._failures / f"{student_id}.json"
        if path.is_dir():
            path.rmdir()
        path.unlink(missing_ok=True)

    def _stored(self, folder, student_id):
        try:
            report = Report.from_json((folder / f"{student_id}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return report if (report.assignment, report.student) == (self._assignment_name, student_id) else None


def cores():
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check(course, assignment):
    """Refuse what would fail later: parts that do not fit together (those of the assignment, the code that is loaded, the
    gradebook), and folders into which results cannot be written.

    Parameters
    ----------
    course : course.Course
    assignment : assignment.Assignment

    Raises
    ------
    KitError
    OSError
    """
    course.autograded.mkdir(parents=True, exist_ok=True)
    for folder in (course.root, course.autograded, Store(course, assignment.name).folder):
        with workshop(folder):
            pass
    assignment.check_seal()
    _refuse_stale(assignment.code)
    with course.open_gradebook() as gradebook:
        gradebook.check(assignment)


@dataclass(frozen=True)
class Change:
    """What grading again changed for one student.

    Parameters
    ----------
    student : str
    before, now : float
        Points by program.
    items : dict of str to tuple
        Item whose points changed -> (before, now); None where there is no such item.
    resubmitted : bool
        Whether other files were graded than before.
    """

    student: str
    before: float
    now: float
    items: dict
    resubmitted: bool


def _change(before, now):
    then, today = ({item.id: item.score for item in report.items} for report in (before, now))
    items = {item: (then.get(item), today.get(item)) for item in {**today, **then} if then.get(item) != today.get(item)}
    files = [_files(report.fingerprint) for report in (before, now)]
    return Change(now.student, before.score, now.score, items, "" not in files and files[0] != files[1])


def fingerprint(assignment, submitted):
    """Digests of all that decides the result of a `files.Submission`: of what grades it / of what it is."""
    return f"{assignment.fingerprint}/{submitted.digest}"


def _files(fingerprint):
    """Of what decides a result, the part that the student handed in; "" if an older version has not told it apart."""
    return fingerprint.partition("/")[2]


def read(assignment, folder):
    """What a student handed in, and when; see `entries.grade`.

    Parameters
    ----------
    assignment : assignment.Assignment
    folder : Path

    Returns
    -------
    files.Submission
    timestamps.Timestamp
    """
    return files.submission(folder, assignment.name), timestamps.read(folder)


class Run:
    """One run over a class: what waits to be graded is graded in parallel and recorded in the course's gradebook.

    A submission that has not changed is not graded again, if gradebook and autograded folder have what its report says.

    Parameters
    ----------
    course : course.Course
    assignment : assignment.Assignment
    students : list of str
    regrade : bool
        Grade even what has not changed.

    Attributes
    ----------
    waiting : dict of str to str
        The students whose submissions are to be graded -> a digest of what decides the result.
    outdated : list of str
        Those of them who have a result for the same files, by other tests or another version of the kit.
    doubts : dict of str to str
        Those of whom it is not known when they handed in -> why, as a sentence.
    strangers : list of str
        Those who are not in the gradebook yet.

    Raises
    ------
    KitError
    """

    def __init__(self, course, assignment, students, regrade=False):
        self._course, self._assignment, self._students = course, assignment, students
        self._store = Store(course, assignment.name)
        self._reports, self._before = {}, {}
        self.waiting, self.outdated, self.doubts = {}, [], {}
        with course.open_gradebook() as gradebook:
            recorded = gradebook.totals(assignment)
            self.strangers = sorted(set(students) - set(gradebook.student_ids()))
        for student in students:
            with self._alone(student):
                submitted, handed_in = read(assignment, self._folder(student))
                if handed_in.doubt:
                    self.doubts[student] = handed_in.doubt
                now = fingerprint(assignment, submitted)
                known = self._store.get(student)
                stands = known and _files(known.fingerprint) == _files(now) and self._is_recorded(
                    known, handed_in, recorded.get(student))
                if stands and known.fingerprint == now and not regrade:
                    self._reports[student] = known
                    continue
                self.waiting[student] = now
                if stands:
                    self.outdated.append(student)
                if known and student in recorded:
                    self._before[student] = known

    def grade(self, jobs=None, scheduler=None, on_result=None, say=print):
        """Grade what waits.

        Parameters
        ----------
        jobs : int, optional
            How many at once; by default one for each core.
        scheduler : str, optional
            Address of a Dask scheduler whose workers grade; by default this machine's cores do.
        on_result : callable, optional
            Is told the report of each submission that waited, in the order of completion.
        say : callable, optional
            Is told, as a sentence, what a scheduler's workers are waited for.

        Returns
        -------
        list of Report
            In the order of the students.

        Raises
        ------
        KitError
        """
        if self.waiting:
            from autograder.grading import submission, suite  # with pytest; an unchanged class does without

            suite.collect_once(self._assignment)
            if not scheduler:
                with contextlib.suppress(StudentDied):  # each worker looks for itself then
                    submission.refuse_exposure(self._assignment, start_zygote())  # once for all, which are forked from here
            folders = {student: self._folder(student) for student in self.waiting}
            with (
                self._course.open_gradebook() as gradebook,
                _interruption_noted() as pressed,
                contextlib.closing(
                    _on_workers(scheduler, self._assignment, folders, pressed, say) if scheduler
                    else _here(jobs, self._assignment, folders, pressed)
                ) as results,
            ):
                gradebook.note_strangers(self.strangers)
                for student, future in results:
                    with self._alone(student):
                        report, entry = future.result()
                        if report.graded:
                            gradebook.record(report, entry)
                        self._store.put(report)
                        self._reports[student] = report
                    if on_result:
                        on_result(self._reports[student])
        for student, report in self._reports.items():
            if report.graded:
                self._store.forget_failure(student)
        return [self._reports[student] for student in self._students]

    @property
    def changes(self):
        """Those who had a result and have another now: a list of `Change`, in the order of the students."""
        both = [(self._before[one], self._reports[one]) for one in self._students if one in self._before and one in self._reports]
        changes = [_change(before, now) for before, now in both if now.graded]
        return [change for change in changes if change.items]

    def _folder(self, student):
        return self._course.submitted / student / self._assignment.name

    def _is_recorded(self, report, handed_in, total):
        """Whether it is of this assignment's items, and gradebook and autograded folder have it and its time; all of them may be
        damaged, come from a backup, or be gone."""
        name = self._assignment.name
        whole = [(item.id, item.points) for item in report.items] == [(item.id, item.points) for item in self._assignment.items]
        known_time = not (handed_in.time or handed_in.doubt)  # without a timestamp.txt what the gradebook knows stands
        return whole and total is not None and abs(total.by_program - report.score) < _CENT and (
            known_time or handed_in.time == total.timestamp
        ) and os.path.isfile(self._course.autograded / report.student / name / f"{name}.ipynb")

    @contextlib.contextmanager
    def _alone(self, student):
        """Whatever goes wrong in the block is this submission's trouble, and a report of its own."""
        try:
            yield
        except KitError:
            raise
        except Exception as error:
            if database.is_nobodys(error) or trouble.is_nobodys(error):
                raise
            self._reports[student] = Report.not_graded(self._assignment.name, student, traceback.format_exc())
            with contextlib.suppress(OSError):  # such as a full disk, which may be the very reason
                self._store.put(self._reports[student])


def _completed(submit, students, at_once, pressed, watch=None):
    """Students and their futures in the order of completion, until Ctrl-C.

    At most `_AHEAD` for each of those that can be graded `at_once` (a callable says how many) are submitted and not yet
    taken: what is graded stays in memory until it is recorded. `watch` is called while none is completed.
    """
    left, flying, done = iter(students), 0, queue.SimpleQueue()

    def start():
        nonlocal flying
        while flying < _AHEAD * at_once() and (student := next(left, None)) is not None:
            flying += 1
            try:
                future = submit(student)
            except Exception as error:  # there may be trouble with reading it
                future = Future()
                future.set_exception(error)
            future.add_done_callback(lambda future, student=student: done.put((student, future)))

    start()
    while flying and not pressed:
        try:
            student, future = done.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            if watch:
                watch()
                start()  # there may be more workers by now
            continue
        flying -= 1
        start()
        yield student, future


def write_feedback(course, assignment, students, jobs=None, on_result=None):
    """Write the HTML feedback pages, in parallel.

    Parameters
    ----------
    course : course.Course
    assignment : assignment.Assignment
    students : list of str
    jobs : int, optional
    on_result : callable, optional
        Is called after each page.

    Returns
    -------
    dict of str to str
        Students whose page could not be written -> why.
    """
    from autograder.course import feedback  # nbconvert and mistune, once and not in every process that is forked

    with course.open_gradebook() as gradebook:
        results, late_rule = gradebook.results(assignment, students), gradebook.late_rule
    feedback.prepare(assignment)
    packed = pickle.dumps((course, assignment))
    failures = {one: "the gradebook does not have the submission; grade first" for one in students if one not in results}
    with workers(jobs, len(students)) as (executor, _):
        futures = {executor.submit(_write_feedback, packed, result, late_rule): one for one, result in results.items()}
        for future in as_completed(futures):
            try:
                future.result()
            except (contained.Failed, OSError) as failure:
                if trouble.is_nobodys(failure):
                    raise
                failures[futures[future]] = str(failure).strip().splitlines()[-1]
            if on_result:
                on_result()
    return failures


def _write_feedback(packed, result, late_rule):
    from autograder.course import feedback

    course, assignment = _unpacked(packed)
    contained.call(feedback.write, course, assignment, result, late_rule, seconds=_FEEDBACK_SECONDS, passed_on=(OSError,))


_loaded = {}  # folder of code -> its digest when it was first used in this process


def _refuse_stale(code):
    """Python loads a module once, and a process may live on while it is edited."""
    stale = [str(folder) for folder, digest in code.items() if _loaded.setdefault(folder, digest) != digest]
    if stale:
        raise KitError(f"{', '.join(stale)} changed after it was loaded: restart what grades")


@functools.lru_cache(1)
def _unpacked(packed):
    """What was packed once for all submissions: the same objects for each, with what they have read."""
    return pickle.loads(packed)


def _on_workers(scheduler, assignment, folders, pressed, say):
    """The same as `_here`, on the workers of a Dask scheduler."""
    from autograder.course.cluster import Cluster

    with Cluster(scheduler, assignment, say, pressed) as cluster:
        def submit(student):
            submitted, handed_in = read(assignment, folders[student])
            return cluster.submit(student, submitted, handed_in, fingerprint(assignment, submitted))

        for student, future in _completed(submit, folders, cluster.at_once, pressed, cluster.watch):
            yield student, cluster.settled(future)


def _here(jobs, assignment, folders, pressed):
    """Grade what is in each student's folder; gives (student, future) as they come to their end, until Ctrl-C is pressed.

    When a worker is killed its pool ends, and another goes on. Whose grading had begun may be the reason, or was only there:
    each of them is tried again alone in its pool, and once more if that is killed too.
    """
    from autograder.course import entries  # noqa: F401  # here, and not in every process that is forked

    left, suspects, struck_alone = dict(folders), set(), set()
    while left and not pressed:
        now = [student for student in left if student not in suspects] or list(left)[:1]
        places = {student: place for place, student in enumerate(now)}
        begun = mmap.mmap(-1, len(now))  # a byte for each, set by the workers: a killed one cannot tell
        try:
            with workers(jobs, len(now), assignment, begun) as (executor, at_once):
                def submit(student, executor=executor, places=places):
                    return executor.submit(_grade, places[student], student, folders[student])

                for student, future in _completed(submit, now, lambda at_once=at_once: at_once, pressed):
                    if isinstance(future.exception(), BrokenProcessPool):
                        raise future.exception()
                    del left[student]
                    yield student, future
                if pressed:
                    raise KeyboardInterrupt  # what is in flight is not worth waiting for
        except BrokenProcessPool:
            struck = {student for student, place in places.items() if begun[place] and student in left}
            if not struck:
                raise KitError(
                    "a process was killed before it could grade anything, perhaps for lack of memory; "
                    "what was graded is kept: run the same command again, perhaps with --jobs 1"
                ) from None
            for student in struck & struck_alone:
                del left[student]
                future = Future()
                future.set_exception(contained.Failed("the process that graded it was killed, and again when it was tried alone"))
                yield student, future
            struck_alone |= struck & suspects
            suspects |= struck


_assignment = _begun = None  # in a worker: what it grades, and where it notes which calls it has taken up


def _grade(place, student, folder):
    _begun[place] = True
    return grade(_assignment, student, folder)


def grade(assignment, student, folder, on_test=None):
    """Grade here what is in a folder (a Path), whatever it does; see `entries.grade_contained`."""
    from autograder.course import entries

    submitted, handed_in = read(assignment, folder)
    report, entry = entries.grade_contained(assignment, start_zygote(), student, submitted, handed_in, on_test)
    report.fingerprint = fingerprint(assignment, submitted)  # of the bytes that were graded
    return report, entry


@contextlib.contextmanager
def workers(jobs, count, *for_workers):
    """An executor whose workers fork from this process, and how many of them there are."""
    start_zygote()
    jobs = min(jobs or cores(), count)
    if count >= _MANY:
        pages.collapse()
    # fork: a worker has everything imported and the zygote at hand
    executor = ProcessPoolExecutor(jobs, multiprocessing.get_context("fork"), initializer=_start_worker, initargs=for_workers)
    try:
        yield executor, jobs
        executor.shutdown()
    except BaseException:
        # Ctrl-C or a failure: nothing that is in flight is worth waiting for
        for worker in list((executor._processes or {}).values()):
            worker.kill()
        executor.shutdown(wait=False, cancel_futures=True)
        raise


@contextlib.contextmanager
def _interruption_noted():
    """Ctrl-C takes effect at the end of the block, which can look for it in the list that it is given.

    As an exception it could come anywhere: in the middle of recording a result, or in a destructor, where it is lost.
    """
    pressed = []
    before = signal.signal(signal.SIGINT, lambda *_: pressed.append(True))
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt


def _start_worker(assignment=None, begun=None):
    global _assignment, _begun
    _assignment, _begun = assignment, begun
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    gc.freeze()  # what is loaded stays: collections, and the processes forked from here, leave it alone
    gc.set_threshold(50_000, 20, 100)
    die_with_parent()
