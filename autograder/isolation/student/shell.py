"""A notebook's IPython without a kernel: runs cells in this process and keeps their outputs as nbformat dicts.

The same shell class that ipykernel builds on, with the three places where output leaves it (display, the display
hook, tracebacks) and the two streams redirected into a list. Left out: input(), widgets, completion, history.
"""

import base64
import contextlib
import io
import sys
import traceback
from functools import partialmethod

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.formatters import DisplayFormatter
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import print_figure
from matplotlib import rcParams
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

_INLINE = "module://matplotlib_inline.backend_inline"
_DEEP = 100  # frames; a deeper traceback is shown by its last line alone
OUTPUT_LIMIT = 4 * 2**20  # characters of output that one cell may keep


class Outputs:
    """The outputs of the cell that is running, up to a limit."""

    def __init__(self):
        self.start()

    def start(self):
        self.list, self.size, self.overflowed = [], 0, False

    def add(self, output, size):
        if self.size + size > OUTPUT_LIMIT:
            self.overflowed = True
        else:
            self.size += size
            self.list.append(output)

    def add_text(self, name, text):
        if self.overflowed:
            return
        room = OUTPUT_LIMIT - self.size
        if len(text) > room:
            text, self.overflowed = text[:room], True
        self.size += len(text)
        last = self.list[-1] if self.list else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"].append(text)
        else:
            self.list.append({"output_type": "stream", "name": name, "text": [text]})

    def take(self):
        for output in self.list:
            if output["output_type"] == "stream":
                output["text"] = "".join(output["text"])
        taken, overflowed = self.list, self.overflowed
        self.start()
        return taken, overflowed


outputs = Outputs()


class _Stream(io.TextIOBase):
    encoding = "utf-8"

    def __init__(self, name):
        self.name = name

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        outputs.add_text(self.name, text)
        return len(text)

    def writable(self):
        return True


def safe_text(error):
    """What an exception says, shortened; its own code may fail at saying it."""
    try:
        return str(error)[:300]
    except BaseException:
        return ""


def _rich(data):
    """MIME data as a notebook stores it: images as base64 text."""
    return {
        kind: base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
        for kind, value in data.items()
    }


def _png(figure):
    """A figure as Jupyter shows it, cropped to its contents, at half the price.

    To crop, Matplotlib draws everything once for nothing, so that layout engines can settle. Without one, the extent of
    the contents can be asked for directly.
    """
    crop = "tight"
    if figure.get_layout_engine() is None and hasattr(figure.canvas, "get_renderer"):
        crop = figure.get_tightbbox(figure.canvas.get_renderer()).padded(rcParams["savefig.pad_inches"])
    return print_figure(figure, fmt="png", base64=True, bbox_inches=crop)


class _Formatter(DisplayFormatter):
    """A figure is a PNG, or a JPEG if one likes, whatever else was chosen: an SVG is a page of its own, with scripts in it."""

    def format(self, obj, include=None, exclude=None):
        if not isinstance(obj, Figure):
            return super().format(obj, include, exclude)
        data, metadata = super().format(obj, include, {*(exclude or ()), "image/svg+xml", "application/pdf"})
        if not include and not data.keys() & {"image/png", "image/jpeg"}:
            data["image/png"] = _png(obj)
        return data, metadata


class _Publisher(DisplayPublisher):
    def publish(self, data, metadata=None, **kwargs):
        data = _rich(data)
        outputs.add(
            {"output_type": "display_data", "data": data, "metadata": {}}, sum(map(len, data.values()))
        )

    def clear_output(self, wait=False):
        outputs.start()


class _Hook(DisplayHook):
    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        data = _rich(format_dict)
        outputs.add(
            {
                "output_type": "execute_result", "data": data, "metadata": {},
                "execution_count": self.shell.execution_count,
            },
            sum(map(len, data.values())),
        )

    def finish_displayhook(self):
        pass


class _Compiler(CachingCompiler):
    """Parses a cell once, though the shell asks twice: in `transform_cell`, and to run it."""

    parsed = (None, None)  # a source that `transform_cell` has just parsed, and its tree

    def ast_parse(self, source, *args, **kwargs):
        (known, tree), self.parsed = self.parsed, (None, None)
        return tree if source == known else super().ast_parse(source, *args, **kwargs)


class NotebookShell(InteractiveShell):
    """IPython's shell with its outputs kept in `outputs`."""

    def init_io(self):
        pass

    def init_display_formatter(self):
        self.display_formatter = _Formatter(parent=self)
        self.configurables.append(self.display_formatter)

    def enable_gui(self, gui=None):
        pass

    def enable_matplotlib(self, gui=None):
        """Inline, whatever `%matplotlib` asks for: here is nobody who could turn a figure."""
        return super().enable_matplotlib("inline")

    def transform_cell(self, raw_cell):
        """As IPython does, for cells that are not Python yet (magics, help, prompts): looking for those takes longer than
        most cells, and a cell that the parser accepts has none."""
        if not raw_cell[:1].isspace() and not raw_cell.startswith("In "):  # a copied prompt can look like an annotation
            source = raw_cell if raw_cell.endswith("\n") else raw_cell + "\n"
            with contextlib.suppress(SyntaxError, ValueError, MemoryError, RecursionError):
                self.compile.parsed = (source, self.compile.ast_parse(source))
                return source
        return super().transform_cell(raw_cell)

    def should_run_async(self, raw_cell, **known):
        """As IPython does, which compiles a cell to find out, for cells that have a word that could make it so."""
        return ("await" in raw_cell or "async" in raw_cell) and super().should_run_async(raw_cell, **known)

    def showtraceback(self, *args, **kwargs):
        # IPython lays out every frame before it folds repeated ones: half a minute for a recursion without end
        depth = sum(1 for _ in traceback.walk_tb(sys.exc_info()[2]))
        self.InteractiveTB.set_mode("Minimal" if depth > _DEEP else "Context")
        super().showtraceback(*args, **kwargs)

    def _showtraceback(self, etype, evalue, stb):
        lines = [str(line) for line in stb]
        outputs.add(
            {"output_type": "error", "ename": etype.__name__, "evalue": safe_text(evalue), "traceback": lines},
            sum(map(len, lines)),
        )


def start():
    """The shell, with everything loaded that students import and a first figure drawn.

    Returns
    -------
    NotebookShell
    """
    import matplotlib

    matplotlib.use(_INLINE)
    import matplotlib.pyplot as plt
    import numpy
    import torch

    torch.set_num_threads(1)
    rcParams["text.hinting"] = "none"  # a tenth of a figure's time, and no difference that one could see
    # a third less time for an image, which becomes a twentieth larger
    FigureCanvasAgg.print_png = partialmethod(FigureCanvasAgg.print_png, pil_kwargs={"compress_level": 1})
    HistoryManager.enabled = False
    shell = NotebookShell.instance(
        displayhook_class=_Hook, display_pub_class=_Publisher, compiler_class=_Compiler, colors="nocolor"
    )
    shell.enable_matplotlib("inline")
    shell.display_formatter.formatters["image/png"].for_type(Figure, _png)
    switch = plt.switch_backend
    plt.switch_backend = lambda backend: switch(_INLINE)  # matplotlib.use("TkAgg") in a notebook wants a screen
    # What NumPy and Matplotlib import at first use, fonts and converters: loaded here, no student process pays for it.
    figure, axes = plt.subplots(figsize=(2, 2))
    axes.plot([0, 1])
    axes.contour(numpy.random.default_rng(0).random((2, 2)))
    axes.set_title("$x^2$")
    figure.savefig(io.BytesIO(), format="png")
    plt.close("all")
    return shell


def redirect_streams():
    """From here on print and its like write into `outputs`, and input() fails at once."""
    sys.stdout, sys.stderr = _Stream("stdout"), _Stream("stderr")
    sys.stdin = io.StringIO()
