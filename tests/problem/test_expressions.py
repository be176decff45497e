"""The expression grammar: formatting and parsing are inverses, and nothing non-linear gets through."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axnb.errors import ExpressionError
from axnb.problem.expressions import LinearExpression, is_text, parse_comparison, parse_linear, split_commas

names = st.one_of(
    st.sampled_from(["a", "loss", "x.y", "lambda", "class", "µ", "naïve", "e3", "if"]),
    st.text(min_size=1, max_size=20).filter(
        lambda s: s.strip() and is_text(s) and not ("'" in s and '"' in s) and "\n" not in s
    ),
)
weights = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12).filter(lambda w: w != 0)
expressions = st.builds(
    lambda terms, constant: LinearExpression(terms=tuple(terms.items()), constant=constant + 0.0),
    st.dictionaries(names, weights, max_size=5),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12),
)


@given(expressions)
def test_parsing_is_the_inverse_of_formatting(expression):
    assert parse_linear(str(expression)) == expression


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_our_error(text):
    with contextlib.suppress(ExpressionError):
        assert isinstance(parse_linear(text), LinearExpression)


@given(st.text(alphabet="ab+-*/()<>=.,'\" 0123456789e^%", max_size=40))
def test_text_near_the_grammar_is_read_or_refused(text):
    for parse in (parse_linear, parse_comparison):
        with contextlib.suppress(ExpressionError):
            assert str(parse(text))


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(-10, 10), st.floats(-10, 10))
def test_folding_agrees_with_arithmetic(p, q, a, b):
    expression = parse_linear(f"({p!r})*(a - 2*b)/4 + ({q!r}) - -b")
    value = sum(w * {"a": a, "b": b}[n] for n, w in expression.terms) + expression.constant
    assert math.isclose(value, p * (a - 2 * b) / 4 + q + b, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a**2", "not linear"),
        ("a^2", "not linear"),
        ("a*b", "multiplies 'a' by 'b'"),
        ("a/b", "divides by 'b'"),
        ("1/a", "divides by 'a'"),
        ("log(a)", "calls 'log'"),
        ("a/0", "divides by zero"),
        ("2a", "number next to a name"),
        ("a b", "cannot be read"),
        ("", "expected an expression"),
        ("a if b else c", "cannot be read"),
        ("[a]", "not linear"),
        ("__import__('os')", "calls '__import__'"),
        ("a <= 1", "comparison"),
        ("1e400*a", "too large"),
        ("a" * 20_000, "too long"),
        ("(" * 500 + "a" + ")" * 500, "cannot be read"),
    ],
)
def test_what_is_not_linear_is_refused_with_a_reason(text, reason):
    with pytest.raises(ExpressionError, match=reason.replace("(", r"\(")):
        parse_linear(text)


@pytest.mark.parametrize("value", [None, 3, ["a"], b"a", "'a\0b'", "'\ud800'"])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(ExpressionError, match="expected an expression"):
        parse_linear(value)


def test_names_of_other_spellings():
    assert parse_linear("-'val loss'").terms == (("val loss", -1.0),)
    assert parse_linear("f1-score + 1", known=["f1-score"]).terms == (("f1-score", 1.0),)
    assert parse_linear("lambda - µ").names == ("lambda", "µ")


def test_comparisons():
    comparison = parse_comparison("2*a + 1 >= b")
    assert (str(comparison.left), comparison.op, str(comparison.right)) == ("2*a + 1", ">=", "b")
    for text, reason in [
        ("a < 1", "operator"),
        ("1 <= a <= 2", "chains"),
        ("a", "no constraint"),
        ("a != 1", "operator"),
    ]:
        with pytest.raises(ExpressionError, match=reason):
            parse_comparison(text)


def test_commas_split_outside_quotes_only():
    assert split_commas("a, -'x, y', 2*(b)") == ["a", "-'x, y'", "2*(b)"]
