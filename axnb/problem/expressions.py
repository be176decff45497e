"""The grammar of objectives and constraints: linear expressions over names.

Text is split into numbers, names and operators; names of any spelling are replaced by placeholders; what is left is
parsed by Python's own `ast` and folded into coefficients. Nothing is ever evaluated. A name that is not an
identifier (`"val loss"`, `"f1-score"`) is written in quotes inside the text: `"-'val loss'"`. Formatting is the
inverse of parsing. This module does not know which names are metrics and which are parameters.
"""

import ast
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from axnb.errors import ExpressionError, shown

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_QUOTED = r"'[^']*'|\"[^\"]*\""
_NAME = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_MAX_LENGTH = 10_000
_SIGNS = {"≤": "<=", "≥": ">=", "−": "-", "×": "*", "·": "*", "⋅": "*"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an expression is about: its errors say what to do in those words.

    Args:
        quoted: An example with a name in quotes.
        curved: What to do instead of a product or a call.
        ratio: What to do instead of a quotient.
    """

    quoted: str
    curved: str
    ratio: str


METRICS = Subject(
    quoted="-'val loss'",
    curved="report it as a metric of its own, or, if that is part of a metric's name, put the whole name in quotes",
    ratio="report the ratio as a metric of its own, or put a name that contains '/' in quotes",
)
PARAMETERS = Subject(
    quoted="'flow rate' <= 2",
    curved="give a function to configure_nonlinear_constraints instead",
    ratio="multiply both sides by it if that makes them linear, or give a function to configure_nonlinear_constraints",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearExpression:
    """A weighted sum of names and a constant.

    Args:
        terms: Pairs of name and weight, in the order of first mention; no name twice, no weight zero.
        constant: What is added to the sum.

    Raises:
        ExpressionError: If a weight or the constant is too large for a float.

    Example:
        >>> str(parse_linear("2*b + a - 1"))
        '2*b + a - 1'
    """

    terms: tuple[tuple[str, float], ...]
    constant: float = 0.0

    def __post_init__(self) -> None:
        if not all(math.isfinite(v) for v in (*(w for _, w in self.terms), self.constant)):
            raise ExpressionError(f"the expression '{self}' has a coefficient that is too large: use other units.")

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in the order of first mention."""
        return tuple(name for name, _ in self.terms)

    def weight(self, name: str) -> float:
        """Return the weight of a name, 0 where it does not occur."""
        return dict(self.terms).get(name, 0.0)

    def __str__(self) -> str:
        parts = [
            (w, _format_name(n) if abs(w) == 1 else f"{_format_number(abs(w))}*{_format_name(n)}")
            for n, w in self.terms
        ]
        if self.constant or not parts:
            parts.append((self.constant, _format_number(abs(self.constant))))
        text = ("-" if parts[0][0] < 0 else "") + parts[0][1]
        return text + "".join(f" {'-' if w < 0 else '+'} {p}" for w, p in parts[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two linear expressions and the operator between them, `"<="`, `">="` or `"=="`."""

    left: LinearExpression
    op: str
    right: LinearExpression

    @property
    def difference(self) -> LinearExpression:
        """The left side minus the right one.

        Raises:
            ExpressionError: If a coefficient gets too large for a float.
        """
        weights, constant = _add(
            (dict(self.left.terms), self.left.constant), _scale((dict(self.right.terms), self.right.constant), -1.0)
        )
        return _linear(weights, constant)

    def __str__(self) -> str:
        return f"{self.left} {self.op} {self.right}"


def _format_number(value: float) -> str:
    return str(int(value)) if math.isfinite(value) and value == int(value) and abs(value) < 1e15 else repr(value)


def _format_name(name: str) -> str:
    if re.fullmatch(_NAME, name):
        return name
    return f'"{name}"' if "'" in name else f"'{name}'"


def is_text(value: object) -> bool:
    r"""Return whether a value is a string that every file and database can keep.

    Example:
        >>> is_text("größe"), is_text("a\0b"), is_text(chr(0xD800)), is_text(3)
        (True, False, False, False)
    """
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def parse_linear(text: str, known: Iterable[str] = (), subject: Subject = METRICS) -> LinearExpression:
    """Read a linear expression such as `"a + 2*b"`.

    Args:
        text: The expression.
        known: Names that may stand unquoted although they are no identifiers.
        subject: What it is about.

    Raises:
        ExpressionError: If the text is empty, non-linear, or no expression at all.

    Example:
        >>> parse_linear("-0.5*(a - b)").terms
        (('a', -0.5), ('b', 0.5))
    """
    node, names = _parse(text, known, subject)
    return _Folder(text, names, subject).expression(node)


def parse_comparison(text: str, known: Iterable[str] = ()) -> Comparison:
    """Read a comparison of linear expressions of metrics such as `"a + b <= 1"`.

    Args:
        text: The comparison.
        known: Names that may stand unquoted although they are no identifiers.

    Raises:
        ExpressionError: If the text is no single comparison by `<=`, `>=` or `==`, or a side is non-linear.

    Example:
        >>> str(parse_comparison("10 >= weight"))
        '10 >= weight'
    """
    found = parse_comparisons(text, known, METRICS)
    if len(found) > 1:
        raise ExpressionError(f"{text!r} chains comparisons: write one constraint for each.")
    return found[0]


def parse_comparisons(text: str, known: Iterable[str] = (), subject: Subject = PARAMETERS) -> tuple[Comparison, ...]:
    """Read one comparison or several in a chain; `|a - b| <= c` and `abs(a - b) <= c` are two.

    Args:
        text: The comparison.
        known: Names that may stand unquoted although they are no identifiers.
        subject: What it is about.

    Raises:
        ExpressionError: If the text is no comparison by `<=`, `>=` or `==`, or a side is non-linear.

    Example:
        >>> [str(c) for c in parse_comparisons("1 <= x + y <= 2")]
        ['1 <= x + y', 'x + y <= 2']
        >>> [str(c) for c in parse_comparisons("|x - y| <= 3")]
        ['x - y <= 3', '-x + y <= 3']
    """
    node, names = _parse(text, known, subject)
    if not isinstance(node, ast.Compare):
        raise ExpressionError(f"{text!r} is no constraint: expected a comparison such as 'a + 2*b <= 10'.")
    ops = [{ast.LtE: "<=", ast.GtE: ">=", ast.Eq: "=="}.get(type(op)) for op in node.ops]
    folder, sides = _Folder(text, names, subject), [node.left, *node.comparators]
    out: list[Comparison] = []
    for left, op, right in zip(sides, ops, sides[1:], strict=False):
        if op is None:
            raise ExpressionError(f"{text!r} uses an operator that is not supported: compare by '<=' or '>='.")
        out += folder.comparisons(left, op, right)
    return tuple(out)


def split_commas(text: str) -> list[str]:
    """Split at commas outside quotes and parentheses.

    Example:
        >>> split_commas("acc, -'a,b'")
        ['acc', "-'a,b'"]
    """
    parts, depth, start = [], 0, 0
    for match in re.finditer(rf"{_QUOTED}|[(),]", text):
        piece = match.group()
        depth += (piece == "(") - (piece == ")")
        if piece == "," and depth == 0:
            parts.append(text[start : match.start()].strip())
            start = match.end()
    return [*parts, text[start:].strip()]


def _parse(text: object, known: Iterable[str], subject: Subject) -> tuple[ast.expr, dict[str, str]]:
    if not is_text(text) or not isinstance(text, str) or not text.strip():
        raise ExpressionError(f"expected an expression such as 'a + 2*b', got {shown(text)}.")
    if len(text) > _MAX_LENGTH:
        raise ExpressionError(f"an expression of {len(text)} characters is too long (limit {_MAX_LENGTH}).")
    awkward = sorted(
        (n for n in known if re.search(r"[^\W\d_]", n) and not re.fullmatch(_NAME, n)), key=len, reverse=True
    )
    alternatives = [_QUOTED, *(re.escape(n) for n in awkward), _NUMBER, _NAME, *_SIGNS]
    names: dict[str, str] = {}
    awkward_set = set(awkward)

    def placeholder(match: re.Match[str]) -> str:
        piece = match.group()
        if piece in _SIGNS and piece not in awkward_set:
            return _SIGNS[piece]
        if piece[0] in "'\"" and piece not in awkward_set:
            piece = piece[1:-1]
        elif re.fullmatch(_NUMBER, piece) and piece not in awkward_set:
            return piece
        if not piece.strip():
            raise ExpressionError(f"{text!r} has an empty name in quotes.")
        return names.setdefault(piece, f"n{len(names)}")

    replaced = _spell_out_bars(re.sub("|".join(alternatives), placeholder, text.strip()))
    said = {v: _format_name(k) for k, v in names.items()}
    _check_spelling(text, replaced, said)
    try:
        node = ast.parse(replaced, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(
            f"{text!r} cannot be read: expected a linear expression such as 'a + 2*b'; "
            f'put a name with spaces or signs in quotes, as in "{subject.quoted}".'
        ) from None
    return node, {v: k for k, v in names.items()}


def _spell_out_bars(replaced: str) -> str:
    """Return `abs(...)` where a text with placeholders for names has `|...|`."""
    parts = replaced.split("|")
    if len(parts) != 3:
        return replaced
    return f"{parts[0]}abs({parts[1]}){parts[2]}"


def _check_spelling(text: str, replaced: str, formatted: dict[str, str]) -> None:
    """Check a text with placeholders for names for the slips that are made most, and show how it is written.

    Raises:
        ExpressionError: If a product lacks its sign, or an equation is written with one `=`.
    """

    def as_written(spelt: str) -> str:
        return re.sub(r"n\d+", lambda m: formatted[m.group()], spelt)

    product = re.sub(r"(?<![\w.])((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(n\d+)", r"\1*\2", replaced)
    if product != replaced:
        raise ExpressionError(
            f"{text!r} has a number next to a name: write the product with '*', as in '{as_written(product)}'."
        )
    equation = re.sub(r"(?<![<>=!])=(?!=)", "==", replaced)
    if equation != replaced:
        raise ExpressionError(
            f"{text!r} has a single '=': write an equation with '==', as in '{as_written(equation)}'."
        )


class _Folder:
    """Folds a syntax tree into coefficients; refuses whatever is not linear."""

    def __init__(self, text: str, names: dict[str, str], subject: Subject) -> None:
        self.text = text
        self.names = names
        self.subject = subject

    def comparisons(self, left: ast.expr, op: str, right: ast.expr) -> list[Comparison]:
        """Return the comparison of two trees: two of them where one side is an absolute value."""
        inside, of_right = self._absolute(left), self._absolute(right)
        if inside is None and of_right is None:
            return [Comparison(left=self.expression(left), op=op, right=self.expression(right))]
        if of_right is not None:
            inside, right, op = of_right, left, {"<=": ">=", ">=": "<="}.get(op, op)
        if op != "<=" or inside is None or self._absolute(right) is not None:
            raise ExpressionError(
                f"{self.text!r}: an absolute value can only be bounded from above, as in '|a - b| <= 3'; for the rest "
                f"{self.subject.curved}."
            )
        bound, plus = self.expression(right), self.expression(inside)
        minus = _linear(*_scale((dict(plus.terms), plus.constant), -1.0))
        return [Comparison(left=side, op="<=", right=bound) for side in (plus, minus)]

    def _absolute(self, node: ast.expr) -> ast.expr | None:
        """Return what is between the bars of an absolute value, `None` for anything else."""
        match node:
            case ast.Call(func=ast.Name(id=name), args=[inside], keywords=[]) if self.names.get(name, name) == "abs":
                return inside
        return None

    def expression(self, node: ast.expr) -> LinearExpression:
        """Return the linear expression of a tree."""
        try:
            weights, constant = self._fold(node)
        except RecursionError:
            raise ExpressionError(f"{self.text[:60]!r}… is nested too deeply.") from None
        return _linear(weights, constant)

    def _fold(self, node: ast.expr) -> tuple[dict[str, float], float]:
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                try:
                    return {}, float(value)
                except OverflowError:
                    return {}, math.inf
            case ast.Name(id=name):
                return {self.names[name]: 1.0}, 0.0
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _scale(self._fold(operand), -1.0)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._fold(operand)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _add(self._fold(left), self._fold(right))
            case ast.BinOp(left=left, op=ast.Sub(), right=right):
                return _add(self._fold(left), _scale(self._fold(right), -1.0))
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return self._product(self._fold(left), self._fold(right))
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self._quotient(self._fold(left), self._fold(right))
            case ast.Call(func=ast.Name(id=name)):
                called = self.names.get(name, name)
                raise ExpressionError(
                    f"{self.text!r} calls {called!r}: only linear expressions are allowed; {self.subject.curved}."
                )
            case ast.Compare():
                raise ExpressionError(f"{self.text!r} is a comparison: expected an expression such as 'a + 2*b'.")
        raise ExpressionError(f"{self.text!r} is not linear: use sums of names with number weights, such as 'a + 2*b'.")

    def _product(
        self, a: tuple[dict[str, float], float], b: tuple[dict[str, float], float]
    ) -> tuple[dict[str, float], float]:
        if a[0] and b[0]:
            raise ExpressionError(
                f"{self.text!r} multiplies {next(iter(a[0]))!r} by {next(iter(b[0]))!r}, which is not linear: "
                f"{self.subject.curved}."
            )
        return _scale(b, a[1]) if b[0] else _scale(a, b[1])

    def _quotient(
        self, a: tuple[dict[str, float], float], b: tuple[dict[str, float], float]
    ) -> tuple[dict[str, float], float]:
        if b[0]:
            name = next(iter(b[0]))
            raise ExpressionError(f"{self.text!r} divides by {name!r}, which is not linear: {self.subject.ratio}.")
        if b[1] == 0:
            raise ExpressionError(f"{self.text!r} divides by zero.")
        return _scale(a, 1.0 / b[1])


def _linear(weights: dict[str, float], constant: float) -> LinearExpression:
    return LinearExpression(terms=tuple((n, w) for n, w in weights.items() if w != 0), constant=constant + 0.0)


def _scale(form: tuple[dict[str, float], float], factor: float) -> tuple[dict[str, float], float]:
    return {n: w * factor for n, w in form[0].items()}, form[1] * factor


def _add(a: tuple[dict[str, float], float], b: tuple[dict[str, float], float]) -> tuple[dict[str, float], float]:
    weights = dict(a[0])
    for name, weight in b[0].items():
        weights[name] = weights.get(name, 0.0) + weight
    return weights, a[1] + b[1]
