"""What is kept of a notebook's outputs and pictures: only what is well formed, and no more than a page can show.

The graded notebook is what formgrader and feedback lay out, in processes and browsers that serve more than one student.
So the bounds are on what is stored, over all cells of a submission together.
"""

import re

IMAGES = {"image/png", "image/jpeg"}
_LAID_OUT = {"text/html", "text/markdown", "text/latex"}
_SHOWN_TYPES = {"text/plain"} | _LAID_OUT | IMAGES

_OUTPUTS = 2000
_TEXT = 4 * 2**20  # characters, of all outputs
_ONE_TEXT = 2**20  # and of one, so that one that prints without end leaves room for others
_LAID_OUT_TEXT = 500_000  # characters that are laid out and not only shown
_PICTURES = 100
_PICTURE_TEXT = 32 * 2**20  # characters of their base64


class Room:
    """The room that is left for the outputs, or the attached pictures, of one submission."""

    def __init__(self):
        self._outputs, self._text, self._laid_out = _OUTPUTS, _TEXT, _LAID_OUT_TEXT
        self._pictures, self._picture_text = _PICTURES, _PICTURE_TEXT

    def keep(self, outputs):
        """As much of a cell's outputs as there is room for.

        Parameters
        ----------
        outputs : iterable of dict
            As `checked` gives them.

        Returns
        -------
        kept : list of dict
        complete : bool
        """
        kept, complete = [], True
        for output in outputs:
            if self._outputs == 0:
                return kept, False
            fitting, whole = self._fit(output)
            complete = complete and whole
            if fitting:
                self._outputs -= 1
                kept.append(fitting)
        return kept, complete

    def keep_picture(self, base64):
        """Whether there is room for a picture; if so, it is used up."""
        fits = self._pictures > 0 and len(base64) <= self._picture_text
        if fits:
            self._pictures -= 1
            self._picture_text -= len(base64)
        return fits

    def _fit(self, output):
        """(the output as far as there is room, or None; whether that is all of it)."""
        if output["output_type"] == "stream":
            text = self._cut(output["text"])
            return (output | {"text": text} if text else None), text == output["text"]
        if output["output_type"] == "error":
            trace = self._cut("\n".join(output["traceback"]))
            whole = trace == "\n".join(output["traceback"])
            return output | {"traceback": trace.split("\n")}, whole
        data = {mime: text for mime, full in output["data"].items() if (text := self._fit_data(mime, full))}
        return (output | {"data": data} if data else None), data == output["data"]

    def _fit_data(self, mime, text):
        if mime in IMAGES:
            return text if self.keep_picture(text) else ""
        if mime in _LAID_OUT:
            if len(text) > self._laid_out:
                return ""
            self._laid_out -= len(text)
            return text
        return self._cut(text)

    def _cut(self, text):
        text = text[:min(_ONE_TEXT, self._text)]
        self._text -= len(text)
        return text


def checked(outputs):
    """Rebuild a cell's outputs as nbformat has them, keeping only text and images, and only what is well formed.

    Parameters
    ----------
    outputs : object
        What the student process says the outputs are.

    Yields
    ------
    dict
    """
    for output in outputs if isinstance(outputs, list) else []:
        if not isinstance(output, dict):
            continue
        kind = output.get("output_type")
        if kind == "stream" and isinstance(output.get("text"), str):
            name = "stderr" if output.get("name") == "stderr" else "stdout"
            yield {"output_type": "stream", "name": name, "text": output["text"]}
        elif kind == "error":
            lines = output.get("traceback")
            yield {
                "output_type": "error",
                "ename": str(output.get("ename"))[:200],
                "evalue": str(output.get("evalue"))[:2000],
                "traceback": [str(line) for line in lines] if isinstance(lines, list) else [],
            }
        elif kind in ("display_data", "execute_result") and isinstance(output.get("data"), dict):
            data = {
                mime: text for mime, text in output["data"].items()
                if mime in _SHOWN_TYPES and isinstance(text, str) and (mime not in IMAGES or is_base64(text))
            }
            count = output.get("execution_count")
            extra = {"execution_count": count if type(count) is int else None} if kind == "execute_result" else {}
            yield {"output_type": kind, "data": data, "metadata": {}} | extra


def is_base64(text):
    """Whether a text can be an image's base64; anything else in its place could end the page's tag around it."""
    return re.fullmatch(r"[A-Za-z0-9+/=\s]*", text) is not None
