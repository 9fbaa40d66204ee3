"""What the rules read, what they say, and what a rule is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from enterprises.survey_forms import SurveyForm, day, decimal, whole

Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the answers, in one sentence with the values."""

    rule: str
    fields: tuple[str, ...]
    message: str
    blocking: bool = True

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"fields": list(self.fields)}


class Sheet:
    """The answers as the rules read them: a number where there is a good one."""

    def __init__(
        self, answers: Answers, form: SurveyForm, surveyed_on: date | None = None
    ) -> None:
        self._answers, self._form = answers, form
        self.surveyed_on = surveyed_on

    def __getitem__(self, key: str) -> Any:
        return self._answers.get(key)

    def number(self, key: str) -> Any:
        """Return a count or amount; None where nothing sensible was written."""
        value = self._answers.get(key)
        if key in self._form.questions and self._form.questions[key].type == "count":
            value = whole(value)
        else:
            value = decimal(value)
        return value if value is not None and value >= 0 else None

    def day(self, key: str) -> date | None:
        return day(self._answers.get(key))

    def numbers(self, *keys: str) -> list[Any] | None:
        """Return all of the numbers, or None when one is missing."""
        found = [self.number(key) for key in keys]
        return None if None in found else found

    def named(self, key: str) -> str:
        """Return "在册职工（35）" for a sentence."""
        label = self._form.label(key).removeprefix("其中：")
        value = self._answers.get(key)
        return f"{label}（{'未填' if value in (None, '') else value}）"


Check = Callable[[Sheet], Iterator[Problem]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A relation between answers; a version of the form names the rules that fit it."""

    name: str
    check: Check

    def __call__(self, sheet: Sheet) -> Iterator[Problem]:
        return self.check(sheet)
