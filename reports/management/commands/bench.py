from argparse import ArgumentTypeError

from django.core.management.base import CommandError

from gridinspect.commands import PlainCommand
from reports.bench.ground import NoGround, Sizes
from reports.bench.run import MEASURES, run


def _number(text: str) -> int:
    if not text.isdecimal() or not 100 <= int(text) <= 10_000_000:
        raise ArgumentTypeError("应为 100 到 10000000 的整数")
    return int(text)


class Command(PlainCommand):
    help = "Measure the program beside its floors, in a scratch database."

    def add_arguments(self, parser):
        parser.add_argument("--units", type=_number, default=Sizes.units, metavar="N")
        parser.add_argument("--only", choices=list(MEASURES), metavar="NAME")
        parser.add_argument(
            "--keep",
            action="store_true",
            help="保留填好的数据库，下次同样大小的测量复制它",
        )
        parser.add_argument("--json", action="store_true", help="只输出 JSON")

    def handle(self, *, units, only, keep, json, **options):
        say = self._say if not json else (lambda line: None)
        names = [only] if only else list(MEASURES)
        try:
            document = run(names, sizes=Sizes(units=units), say=say, keep=keep)
        except NoGround as fault:
            raise CommandError(str(fault)) from None
        if json:
            self.print_json(document)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
