"""What management commands have in common (design.md 5)."""

import json
import re
import sys
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError

# What argparse says, and how an office says it. {0}, {1} … are the words in brackets.
_SAID: tuple[tuple[str, str], ...] = (
    (r"the following arguments are required: (.+)", "缺少参数 {0}"),
    (r"one of the arguments (.+) is required", "应写明 {0} 其中之一"),
    (r"argument (.+?): not allowed with argument (.+)", "{0} 不能与 {1} 同时使用"),
    (
        r"argument (.+?): invalid choice: (.+?) \(choose from (.+)\)",
        "{0} 没有 {1} 这个选项，可选：{2}",
    ),
    (
        r"argument (.+?): invalid (?:int|_number) value: (.+)",
        "{0} 应为数字，不能是 {1}",
    ),
    (r"argument (.+?): invalid \S+ value: (.+)", "{0} 的值 {1} 无法识别"),
    (r"argument (.+?): expected (?:one|at least one) argument", "{0} 后面缺少值"),
    (r"argument (.+?): expected (\d+) arguments", "{0} 后面应有 {1} 个值"),
    (r"argument (.+?): ignored explicit argument (.+)", "{0} 后面不应写 {1}"),
    (r"unrecognized arguments: (.+)", "没有参数 {0}"),
    (r"ambiguous option: (.+?) could match (.+)", "{0} 不明确，可能是 {1}"),
    (r"argument (.+?): ([^A-Za-z]*[\u4e00-\u9fff].*)", "{0} {1}"),  # our own words
)


def in_chinese(message: str) -> str:
    """Put a refusal of argparse into one Chinese line with its remedy."""
    for pattern, words in _SAID:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            parts = [_plain(part) for part in found.groups()]
            return f"{words.format(*parts)}。用 --help 查看用法。"
    return "命令的写法无法识别。用 --help 查看用法。"


def _plain(words: str) -> str:
    """Return names and values as they are typed: no quotes, commas of Chinese."""
    words = re.sub(r"'([^']*)'", r"\1", words)
    return re.sub(r",\s*", "、", " ".join(words.split()))


class PlainCommand(BaseCommand):
    """A command that answers bad arguments with one clear line and exit status 2."""

    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any):
        parser = super().create_parser(prog_name, subcommand, **kwargs)

        def error(message: str) -> NoReturn:
            line = f"参数有误：{in_chinese(message)}"
            if getattr(self, "_called_from_command_line", False):
                sys.stderr.write(f"{line}\n")
                sys.exit(2)
            raise CommandError(line, returncode=2)

        parser.error = error  # type: ignore[method-assign]
        return parser

    def print_json(self, document: object) -> None:
        """Print one JSON document and nothing else."""
        self.stdout.write(json.dumps(document, ensure_ascii=False, indent=1))
