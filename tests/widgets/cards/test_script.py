import gzip

import pytest

from axnb.analyses.drawing import style
from axnb.errors import UnknownNameError
from axnb.widgets.cards.script import card_name, compressed


def source(name):
    return gzip.decompress(compressed(name)).decode()


def test_the_cards_code_brings_its_style_and_both_themes():
    code = source(card_name())
    assert "export default function render" in code
    assert "export const css = " in code
    assert style.LIGHT.palette[0] in code
    assert style.DARK.palette[0] in code


def test_plotly_comes_as_a_module_that_leaves_no_global():
    code = source("plotly")
    assert code.rstrip().endswith("export default module.exports;")
    assert "plotly.js v" in code[:300]


def test_the_code_fetches_nothing():
    assert "http://" not in source(card_name()).replace("http://www.w3.org/", "")
    assert "https://" not in source(card_name())


def test_an_unknown_module_is_refused():
    with pytest.raises(UnknownNameError, match="There is no module 'card-0'"):
        compressed("card-0")
