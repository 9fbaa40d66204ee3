"""The form of a visit as data: which topics it asks about (走访记录的检查项目)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SHIPPED = Path(__file__).parent / "forms_data" / "visit.toml"

# How a topic is answered; a topic that is left out was not looked at.
ANSWERS = {"yes": "是", "no": "否", "unseen": "未看", "finding": "有情况"}
UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Topic:
    """One of the nine topics of labour inspection (劳动保障监察事项)."""

    key: str
    label: str
    question: str


@dataclass(frozen=True, slots=True)
class VisitForm:
    """A version of the form."""

    version: int
    topics: tuple[Topic, ...]

    def label(self, key: str) -> str:
        """Return the name of a topic; one that the form no longer has keeps its key."""
        return next((one.label for one in self.topics if one.key == key), key)


def read_form(text: str) -> VisitForm:
    """Read a version of the form from TOML."""
    data = tomllib.loads(text)
    return VisitForm(data["version"], tuple(Topic(**one) for one in data["topic"]))


@cache
def visit_form() -> VisitForm:
    """Return the form in use."""
    return read_form(SHIPPED.read_text("utf-8"))
