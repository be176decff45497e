"""The JavaScript and CSS that widgets send to the browser, put together from the files in ``static``.

A widget's code reaches the browser as one string, and a module made from a string cannot import its neighbours. So the
files are written as ordinary ES modules, and `module` joins an entry file with everything it imports by a relative
path. Files are named by their path in ``static``: ``rpc.js``, ``board/board.js``.
Nothing here knows what the code does, and nothing is minified: a browser's debugger shows what was written.
"""

import functools
import posixpath
import re
from pathlib import Path

from axnb.errors import StorageError

_STATIC = Path(__file__).parent / "static"
_IMPORT = re.compile(
    r"""^import\s+(?P<what>\{[^}]*\}|\*\s+as\s+[\w$]+)\s+from\s+["'](?P<file>\.{1,2}/[\w./-]+)["'];?[ \t]*$""",
    re.MULTILINE,
)
_DECLARED = re.compile(
    r"^export\s+(?P<keep>(?:async\s+function\*?|function\*?|class|const|let)\s+(?P<name>[\w$]+))", re.MULTILINE
)
_LEFT_OVER = re.compile(r"^(?:import\b|export\b(?!\s+default\b)).*$", re.MULTILINE)


@functools.cache
def module(entry: str) -> str:
    """Return an entry file of ``static`` and all that it imports as one ES module.

    Every imported file becomes a function that is called once, so names never clash. Understood are imports of the
    forms ``import { a, b as c } from "./x.js"`` and ``import * as x from "../x.js"``, and ``export`` before a
    declaration; the entry file has the one ``export default``.

    Args:
        entry: Path of a file in ``static``.

    Raises:
        StorageError: A file is missing, files import each other in a circle, or an import or export has another form.

    Example:
        >>> module("rpc.js").startswith("/**")
        True
    """
    order: list[str] = []
    _collect(entry, (), order)
    parts = [_wrap(name) for name in order[:-1]]
    return "\n".join([*parts, _rewrite(entry)])


@functools.cache
def stylesheet(*names: str) -> str:
    """Return files of ``static`` one after another.

    Raises:
        StorageError: A file is missing.

    Example:
        >>> ".axnb" in stylesheet("theme.css")
        True
    """
    return "\n".join(_read(name) for name in names)


def _read(name: str) -> str:
    try:
        return (_STATIC / name).read_text(encoding="utf-8")
    except OSError as error:
        raise StorageError(f"The widget file {name!r} cannot be read ({error}). Install axnb again.") from error


def _collect(name: str, importers: tuple[str, ...], order: list[str]) -> None:
    if name in importers:
        raise StorageError(f"The widget files {' -> '.join([*importers, name])} import each other in a circle.")
    if name in order:
        return
    for match in _IMPORT.finditer(_read(name)):
        _collect(_resolve(match["file"], name), (*importers, name), order)
    order.append(name)


def _resolve(path: str, importer: str) -> str:
    """Return the path in ``static`` of what a file imports."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), path))


def _rewrite(name: str) -> str:
    source = _IMPORT.sub(lambda match: _bind(match, name), _read(name))
    if left := _LEFT_OVER.search(_DECLARED.sub("", source)):
        raise StorageError(f"The widget file {name!r} has a line that cannot be joined: {left[0]!r}.")
    return source


def _wrap(name: str) -> str:
    source = _rewrite(name)
    exported = ", ".join(match["name"] for match in _DECLARED.finditer(source))
    body = _DECLARED.sub(lambda match: match["keep"], source)
    return f"const {_name_variable(name)} = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();"


def _bind(match: re.Match[str], importer: str) -> str:
    what = match["what"]
    names = what.rsplit(None, 1)[-1] if what.startswith("*") else re.sub(r"\s+as\s+", ": ", what)
    return f"const {names} = {_name_variable(_resolve(match['file'], importer))};"


def _name_variable(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name.removesuffix(".js"))
