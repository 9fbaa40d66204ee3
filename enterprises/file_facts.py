"""What a unit's file says, in the words of the paper form; personal numbers masked."""

from enterprises.industries import industry_name
from enterprises.models import Enterprise
from enterprises.services.files import in_words


def fact(unit: Enterprise, name: str) -> str:
    """Return one fact of the file; "" where it says nothing."""
    special = {
        "uscc": lambda: unit.uscc or ("" if unit.registration_number else "无"),
        "grid": lambda: unit.grid.name,
        "industry": lambda: f"{unit.industry} {industry_name(unit.industry)}".strip(),
        "road": lambda: f"{unit.road}{unit.house_number}",
        "position": lambda: position(unit),
        "is_project": lambda: "是" if unit.is_project else "否",
    }
    return special[name]() if name in special else in_words(unit, name)


def position(unit: Enterprise) -> str:
    if unit.longitude is None or unit.latitude is None:
        return ""
    return f"{unit.longitude}, {unit.latitude}"
