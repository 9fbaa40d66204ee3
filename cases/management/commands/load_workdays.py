from pathlib import Path

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from cases.services import load_year
from gridinspect.accounts.models import User
from gridinspect.commands import PlainCommand
from gridinspect.workdays.models import CalendarYear
from gridinspect.workdays.notices import PACKAGE_SOURCE, published_years, read_file


class Command(PlainCommand):
    """Lives above the calendar, because open cases follow from what is loaded."""

    help = (
        "Load the published years that the program knows, or one year from a file. "
        "Years that a person entered are only replaced by a file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file",
            nargs="?",
            type=Path,
            help="JSON in the format of holiday-cn, or CSV: date, name, is_off",
        )

    @transaction.atomic
    def handle(self, *, file: Path | None, **options):
        by = User.objects.system()
        if file:
            try:
                year, source, days = read_file(file)
            except (OSError, ValueError, KeyError) as error:
                raise CommandError(
                    f"{file}：不是节假日安排文件（{error}）。", returncode=2
                ) from error
            self._report(year, load_year(year=year, days=days, source=source, by=by))
            return
        by_hand = set(
            CalendarYear.objects.filter(entered_by__isnull=False).values_list(
                "year", flat=True
            )
        )
        for year, days in published_years():
            if year not in by_hand:
                entered = load_year(year=year, days=days, source=PACKAGE_SOURCE, by=by)
                self._report(year, entered)

    def _report(self, year, entered):
        words = f"已载入，{entered.moved}个期限随之变动" if entered.changed else "未变"
        self.stdout.write(f"{year}年放假安排：{words}。")
