from django.core.management.base import CommandError

from gridinspect.commands import PlainCommand
from gridinspect.imports.registry import UnknownKind, resource_for
from gridinspect.imports.templates import write_template


class Command(PlainCommand):
    help = "Write the empty workbook of a kind of import."

    def add_arguments(self, parser):
        parser.add_argument("kind", metavar="KIND")
        parser.add_argument("out", metavar="OUT.xlsx")

    def handle(self, *, kind, out, **_):
        try:
            write_template(resource_for(kind), out)
        except UnknownKind as fault:
            raise CommandError(str(fault), returncode=2) from None
        except OSError as fault:
            raise CommandError(f"无法写入“{out}”：{fault}", returncode=2) from None
        self.stdout.write(f"已写入 {out}")
