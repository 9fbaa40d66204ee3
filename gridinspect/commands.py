"""What management commands have in common (design.md 5)."""

import json
import sys
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError


class PlainCommand(BaseCommand):
    """A command that answers bad arguments with one clear line and exit status 2."""

    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any):
        parser = super().create_parser(prog_name, subcommand, **kwargs)

        def error(message: str) -> NoReturn:
            if getattr(self, "_called_from_command_line", False):
                sys.stderr.write(f"参数有误：{message}\n")
                sys.exit(2)
            raise CommandError(f"参数有误：{message}", returncode=2)

        parser.error = error  # type: ignore[method-assign]
        return parser

    def print_json(self, document: object) -> None:
        """Print one JSON document and nothing else."""
        self.stdout.write(json.dumps(document, ensure_ascii=False, indent=1))
