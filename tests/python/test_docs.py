"""docs/python.md: every snippet runs, in order, as one program."""

import ast
import inspect
import re

from conftest import PIPELINE, SOURCE, run


async def execute(blocks, names):
    for number, block in enumerate(blocks, 1):
        code = compile(block, f"docs/python.md, snippet {number}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = eval(code, names)
        if inspect.isawaitable(result):
            await result


def test_every_snippet_of_the_documentation_runs(tmp_path, monkeypatch, capsys):
    page = (SOURCE / "docs" / "python.md").read_text(encoding="utf-8")
    blocks = [block.replace('"en_core_web_sm"', f'"{PIPELINE}"') for block in re.findall(r"```python\n(.*?)```", page, re.S)]
    assert len(blocks) >= 12
    monkeypatch.chdir(tmp_path)
    for name, value in {"ENCODER": "none", "MIN_UPDATES": "20", "N_ITER": "2"}.items():
        monkeypatch.setenv(f"PAWL_TRAINING_{name}", value)
    run(execute(blocks, {"__name__": "snippets"}))
    told = capsys.readouterr().out
    assert "Charles Babbage PERSON 17 32" in told
    assert "there are" in told and "min_data_treshold" in told and "no-such-workspace" in told
    assert list((tmp_path / "model_backups").glob("b-*.json"))
