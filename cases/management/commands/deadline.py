import re
from datetime import date
from typing import NoReturn

from django.core.management.base import CommandError, CommandParser

from cases import rules
from cases.limits import LimitMissing, is_province, limits_in
from gridinspect.workdays.models import ExceptionDay
from grids.commands import PlainCommand, day

RETIREMENT = re.compile(r"RETIREMENT-(M|F55|F50)", re.IGNORECASE)


class Command(PlainCommand):
    help = (
        "Print the due date of a statutory limit: T1 … T22 from its trigger, "
        "T6 from the day the first period ends, RETIREMENT-M/-F55/-F50 from a birth."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("rule", metavar="RULE", help="T1 … T22, RETIREMENT-M …")
        parser.add_argument("--from", dest="start", required=True, metavar="DATE")
        parser.add_argument("--province", default="", metavar="NAME")
        parser.add_argument("--explain", action="store_true")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *, rule, start, province, explain, as_json, **options):
        begin = day(start)
        try:
            answer = self._answer(rule.strip().upper(), begin, province.strip())
        except (LimitMissing, rules.UnitUnknown) as error:
            _fail(str(error))
        except (OverflowError, ValueError):
            _fail(f"从 {start} 起算的期限超出可以计算的年份。")
        if not explain:
            answer["explanation"] = []
        if as_json:
            self.print_json(answer)
        else:
            self._print(answer)

    def _answer(self, rule: str, start: date, province: str) -> dict:
        if province and not is_province(province):
            _fail(f"没有名为“{province}”的省份。")
        limits = limits_in(province)
        if found := RETIREMENT.fullmatch(rule):
            return _retirement(rule, limits.retirement(found[1]), start)
        if not re.fullmatch(r"T\d{1,2}(-[A-Z]+)?", rule):
            _fail(
                f"没有规则“{rule}”：可用 T1 至 T22、RETIREMENT-M、"
                "RETIREMENT-F55、RETIREMENT-F50。"
            )
        limit = limits.of(rule, on=start)
        if limit.unit not in rules.PERIODS:
            raise rules.UnitUnknown(f"{rule} 不是一段期间，不能算出到期日。")
        due = rules.due_date(start, limit, ExceptionDay.objects.as_calendar())
        return {
            "rule": rule,
            "from": start.isoformat(),
            "due": due.on.isoformat(),
            "days": limit.value,
            "unit": limit.unit,
            "provisional": due.provisional,
            "source": limit.source,
            "verified": limit.verified,
            "layer": limit.layer,
            "explanation": [
                {"date": s.day.isoformat(), "counted": s.counted, "why": s.why}
                for s in due.steps
            ],
        }

    def _print(self, answer: dict) -> None:
        doubts = [
            word
            for word, doubt in (
                ("暂定", answer["provisional"]),
                ("待核实", not answer["verified"]),
            )
            if doubt
        ]
        mark = f"（{'，'.join(doubts)}）" if doubts else ""
        self.stdout.write(f"{answer['rule']} {answer['from']} → {answer['due']}{mark}")
        self.stdout.write(answer["source"])
        for step in answer["explanation"]:
            sign = "+" if step["counted"] else " "
            self.stdout.write(f"{step['date']} {sign} {step['why']}")


def _fail(sentence: str) -> NoReturn:
    """Say what is wrong in one line on standard error; exit status 2."""
    raise CommandError(sentence, returncode=2)


def _retirement(rule: str, group, born_on: date) -> dict:
    retires_on = rules.retirement_date(born_on, group)
    delay = rules.retirement_delay(born_on, group)
    months = group.base_years * rules.MONTHS_A_YEAR + delay
    years, rest = divmod(months, rules.MONTHS_A_YEAR)
    age = f"{years}周岁" + (f"{rest}个月" if rest else "")
    return {
        "rule": rule,
        "from": born_on.isoformat(),
        "due": retires_on.isoformat(),
        "days": months,
        "unit": "months",
        "provisional": False,
        "source": group.source,
        "verified": True,
        "explanation": [
            {"date": born_on.isoformat(), "counted": False, "why": "出生日期"},
            {
                "date": retires_on.isoformat(),
                "counted": True,
                "why": f"{group.name}：原{group.base_years}周岁，延迟{delay}个月，"
                f"满{age}退休",
            },
        ],
    }
