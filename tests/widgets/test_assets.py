"""Joining ES modules into one."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from axnb.errors import StorageError
from axnb.widgets import assets


@pytest.fixture
def static(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "_STATIC", tmp_path)
    assets.module.cache_clear()
    yield tmp_path
    assets.module.cache_clear()


def run(source, tmp_path):
    path = tmp_path / "joined.mjs"
    path.write_text(source)
    script = "import(process.argv[1]).then((m) => console.log(JSON.stringify(m.default)))"
    done = subprocess.run(["node", "-e", script, str(path)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_imports_are_joined_and_names_do_not_clash(static, tmp_path):
    (static / "low.js").write_text(
        "const secret = 2;\nexport function twice(x) {\n  return secret * x;\n}\nexport const unit = 7;\n"
    )
    (static / "mid.js").write_text(
        'import { twice as double } from "./low.js";\nconst secret = 5;\n'
        "export class Box {\n  value = double(secret);\n}\n"
        "export async function* steps() {}\n"
    )
    (static / "top.js").write_text(
        'import {\n  Box,\n} from "./mid.js";\nimport * as low from "./low.js";\nconst secret = 1;\n'
        "export default [new Box().value, low.unit, low.twice(4), secret];\n"
    )
    assert run(assets.module("top.js"), tmp_path) == [10, 7, 8, 1]


def test_files_of_one_name_in_several_folders_are_told_apart(static, tmp_path):
    for folder in ("board", "cards"):
        (static / folder).mkdir()
        (static / folder / "table.js").write_text(
            f'import {{ unit }} from "../dom.js";\nexport const what = "{folder}" + unit;\n'
        )
    (static / "dom.js").write_text("export const unit = 7;\n")
    (static / "board" / "board.js").write_text(
        'import { what } from "./table.js";\nimport { what as other } from "../cards/table.js";\n'
        "export default [what, other];\n"
    )
    assert run(assets.module("board/board.js"), tmp_path) == ["board7", "cards7"]


def test_every_script_and_style_sheet_is_installed():
    """Files that the installer does not copy are missed only by who installs from a wheel."""
    root = Path(__file__).parents[2]
    patterns = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"][
        "axnb.widgets"
    ]
    copied = {path for pattern in patterns for path in assets._STATIC.parent.glob(pattern)}
    assert {path for path in assets._STATIC.rglob("*.*") if path.is_file()} <= copied


def test_a_file_imported_twice_is_joined_once(static, tmp_path):
    (static / "low.js").write_text("export const seen = [];\n")
    (static / "a.js").write_text('import { seen } from "./low.js";\nexport const a = seen.push("a");\n')
    (static / "b.js").write_text('import { seen } from "./low.js";\nexport const b = seen.push("b");\n')
    (static / "top.js").write_text(
        'import { a } from "./a.js";\nimport { b } from "./b.js";\n'
        'import { seen } from "./low.js";\nexport default [a, b, seen];\n'
    )
    assert run(assets.module("top.js"), tmp_path) == [1, 2, ["a", "b"]]


def test_a_circle_is_refused(static):
    (static / "a.js").write_text('import { b } from "./b.js";\nexport const a = 1;\n')
    (static / "b.js").write_text('import { a } from "./a.js";\nexport const b = 1;\n')
    with pytest.raises(StorageError, match=r"a\.js -> b\.js -> a\.js"):
        assets.module("a.js")


@pytest.mark.parametrize(
    "line",
    ['import x from "./low.js";', 'import "https://elsewhere/x.js";', 'export * from "./low.js";', "export { a };"],
)
def test_what_cannot_be_joined_is_refused(static, line):
    (static / "top.js").write_text(f"const a = 1;\n{line}\n")
    with pytest.raises(StorageError, match="cannot be joined"):
        assets.module("top.js")


def test_a_missing_file_is_named():
    with pytest.raises(StorageError, match=r"no-such\.js.*Install axnb again"):
        assets.module("no-such.js")


@pytest.mark.parametrize(
    ("sheets", "root"),
    [
        (("board/board.css", "board/forms.css"), "axnb-board"),
        (("cards/card.css",), "axnb-card"),
        (("cards/group.css",), "axnb-group"),
    ],
)
def test_a_view_has_its_rules_and_its_root_for_itself(sheets, root):
    """All style sheets are on one page: a rule reaches what has its root's class, so no other view may have that."""
    for sheet in sheets:
        rules = re.sub(r"/\*.*?\*/|@(container|media|keyframes)[^{]*\{", "", assets.stylesheet(sheet), flags=re.DOTALL)
        selectors = [s.strip() for s in re.findall(r"([^{}]+)\{", rules)]
        assert all(s.startswith((f".{root}", "from", "to")) for s in selectors), selectors
    own = f"{sheets[0].partition('/')[0]}/"
    scripts = {p.relative_to(assets._STATIC).as_posix(): p.read_text() for p in assets._STATIC.rglob("*.js")}
    used = [name for name, text in scripts.items() if re.search(rf'class: "[^"]*\b{root}\b(?!-)', text)]
    assert used
    assert all(name.startswith(own) for name in used)
