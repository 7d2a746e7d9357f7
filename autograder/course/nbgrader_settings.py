"""nbgrader's settings for every course of this kit: a course's nbgrader_config.py loads this file, then says what is its own.

The folders `submitted`, `autograded` and `feedback` and the gradebook are nbgrader's own, in its usual places.
"""

from autograder.course import nbgrader_pages, nbgrader_reading

nbgrader_reading.install()
nbgrader_pages.install()

c = get_config()  # noqa: F821  (traitlets provides it)

# the instructor notebooks, as `autograder build` makes them from the sources
c.CourseDirectory.source_directory = "built/source"

# What nbgrader generates for students: its own steps, after ours has taken out what only authors may see.
c.GenerateAssignment.preprocessors = [
    "autograder.nbgrader_plugins.LeaveOutAuthoring",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# How `nbgrader autograde` grades: ours runs in place of nbgrader's Execute, which would run the tests beside the code.
c.Autograde.exporter_class = "autograder.nbgrader_plugins.SubmittedNotebook"
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "autograder.nbgrader_plugins.RestoreCells",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader_plugins.GradeInIsolation",
    "autograder.nbgrader_plugins.SaveScores",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Late work loses 10% of its points for each day begun, after a quarter of an hour of grace. Penalties are settled whenever
# somebody reads grades (autograder/course/settling.py), so a change here counts at once.
c.AssignLatePenalties.plugin_class = "autograder.nbgrader_plugins.PenaltyPerDay"
c.PenaltyPerDay.share_per_day = 0.1
c.PenaltyPerDay.largest_share = 1.0
c.PenaltyPerDay.grace_minutes = 15
c.PenaltyPerDay.grace_days = 0  # of each student, over the term

# Whose files `nbgrader zip_collect` and `nbgrader collect` find, they are told as `autograder collect` is.
c.ZipCollectApp.extractor_plugin = "autograder.nbgrader_plugins.Extractor"
c.ZipCollectApp.collector_plugin = "autograder.nbgrader_plugins.Collector"
c.ExchangeFactory.collect = "autograder.nbgrader_plugins.CollectFromExchange"

# Feedback is a page of our own. It shows times in this zone, as formgrader does; such as Europe/Berlin.
c.NbGraderAPI.timezone = "UTC"
c.GenerateFeedback.exporter_class = "autograder.nbgrader_plugins.FeedbackPage"
c.GenerateFeedback.preprocessors = []

# What a student writes can hold scripts; formgrader must show them, not run them. Its formulas need no network.
c.HTMLExporter.template_name = "formgrader"
c.HTMLExporter.extra_template_basedirs = nbgrader_pages.TEMPLATES
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {
    "markdown2html": "autograder.course.pages.markdown",
    "clean_html": "autograder.course.pages.html_output",
    "ansi2html": "autograder.course.pages.text_output",
    "highlight_code": "autograder.course.pages.code",
    "strip_files_prefix": "autograder.course.pages.as_it_is",
    "latex": "autograder.course.pages.latex",
}

# What `nbgrader export` writes is opened in spreadsheets.
c.ExportApp.plugin_class = "autograder.nbgrader_plugins.SpreadsheetExport"
