"""What the agency of a district is called on a paper and in its numbers."""

from grids.models import Grid


def agency_word(district: Grid) -> str:
    """Return the 机关代字 of a district's bureau: 郑二七 for 郑州市二七区.

    With the city's first character, since two cities may have a 鼓楼区 and each has a
    number series of its own.
    """
    name = district.name
    short = name[:-1] if len(name) > 2 and name[-1] in "区县市" else name
    return f"{district.city.name[:1]}{short}"


def agency_name(district: Grid) -> str:
    """Return the bureau's name as it stands on a writ."""
    return f"{district.city.name}{district.name}人力资源和社会保障局"
