"""Bad arguments of commands: one clear Chinese line, exit status 2."""

import re
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command, load_command_class

from gridinspect.commands import PlainCommand, in_chinese

CASES = [
    ("grids", "lint_policy", [], "缺少参数 ID"),
    ("reports", "conformance", [], "缺少参数 --policy"),
    ("reports", "coverage", [], "应写明 --grid --city 其中之一"),
    (
        "reports",
        "coverage",
        ["--grid", "1", "--city", "2"],
        "--city 不能与 --grid 同时使用",
    ),
    ("reports", "coverage", ["--grid"], "--grid 后面缺少值"),
    ("reports", "coverage", ["--grid", "1", "--colour"], "没有参数 --colour"),
    (
        "reports",
        "report",
        ["nothing", "--grid", "1", "--out", "a.pdf"],
        "kind 没有 nothing 这个选项，可选：",
    ),
    ("reports", "recount", ["--months", "x"], "--months 应为数字，不能是 x"),
    ("reports", "bench", ["--units", "7"], "--units 应为 100 到 10000000 的整数"),
    ("reports", "coverage", ["--grid", "1", "--json=1"], "--json 后面不应写 1"),
]


def refusal(app, name, args):
    """Return what a command says about its arguments, without running it."""
    command = load_command_class(app, name)
    parser = command.create_parser("manage.py", name)
    with pytest.raises(CommandError) as refused:
        parser.parse_args(args)
    assert refused.value.returncode == 2
    return str(refused.value)


@pytest.mark.parametrize(("app", "name", "args", "words"), CASES)
def test_bad_arguments_are_told_in_one_chinese_line(app, name, args, words):
    said = refusal(app, name, args)
    assert words in said
    assert "\n" not in said
    english = re.sub(r"--?[a-z_]+|\b(kind|slug|nothing|staffing|\w+_\w+)\b", "", said)
    assert not re.search(r"[A-Za-z]{3,} [A-Za-z]{3,}", english), said


def test_what_argparse_may_say_one_day_is_told_in_chinese_too():
    assert in_chinese("some new complaint") == (
        "命令的写法无法识别。用 --help 查看用法。"
    )


def test_every_command_of_ours_answers_so():
    from django.core.management import get_commands

    ours = {"gridinspect", "grids", "assistants", "enterprises", "cases", "reports"}
    for name, app in get_commands().items():
        if str(app).partition(".")[0] in ours:
            assert isinstance(load_command_class(app, name), PlainCommand), name


def test_the_shell_sees_one_line_and_status_2():
    done = subprocess.run(
        [sys.executable, "manage.py", "coverage", "--nonsense"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("参数有误：")


def test_call_command_refuses_in_the_same_words():
    with pytest.raises(CommandError, match="应写明 --grid --city 其中之一"):
        call_command("coverage", stdout=StringIO())
