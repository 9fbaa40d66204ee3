"""Kinds of rules: a sum, an upper bound, a range, what goes together or excludes."""

from collections.abc import Iterator

from enterprises.survey_rules.sheet import Problem, Rule, Sheet


def adds_up(rule: str, whole_key: str, *parts: str) -> Rule:
    """Return a rule: the whole equals the sum of its parts; an empty part is nought."""

    def broken(sheet: Sheet) -> Iterator[Problem]:
        total = sheet.number(whole_key)
        numbers = [sheet.number(part) for part in parts]
        if total is None or all(number is None for number in numbers):
            return
        total_of_parts = sum(number or 0 for number in numbers)
        if total != total_of_parts:
            terms = " + ".join(sheet.named(part) for part in parts)
            yield Problem(
                rule,
                (whole_key, *parts),
                f"{sheet.named(whole_key)}应等于 {terms}，各项合计为 "
                f"{total_of_parts}，相差 {abs(total - total_of_parts)}，请核对。",
            )

    return Rule(rule, broken)


def at_most(rule: str, small: str, large: str, *, blocking: bool = True) -> Rule:
    """Return a rule: the first number is not larger than the second."""

    def broken(sheet: Sheet) -> Iterator[Problem]:
        pair = sheet.numbers(small, large)
        if pair and pair[0] > pair[1]:
            yield Problem(
                rule,
                (small, large),
                f"{sheet.named(small)}不能多于{sheet.named(large)}，请核对。",
                blocking,
            )

    return Rule(rule, broken)


def within(rule: str, key: str, low: int, high: int, *, blocking: bool = True) -> Rule:
    """Return a rule: the number lies between two bounds, both included."""

    def broken(sheet: Sheet) -> Iterator[Problem]:
        number = sheet.number(key)
        if number is not None and not low <= number <= high:
            yield Problem(
                rule,
                (key,),
                f"{sheet.named(key)}应在 {low} 至 {high} 之间，请核对。",
                blocking,
            )

    return Rule(rule, broken)


def together(rule: str, asked: str, *parts: str) -> Rule:
    """Return a rule: 有 needs every part above nought, 无 and nothing need none."""

    def broken(sheet: Sheet) -> Iterator[Problem]:
        filled = [part for part in parts if sheet.number(part)]
        if sheet[asked] == "有":
            absent = [part for part in parts if part not in filled]
            if absent:
                names = "、".join(sheet.named(part) for part in absent)
                yield Problem(
                    rule, (asked, *absent), f"{sheet.named(asked)}时，{names}应大于 0。"
                )
        elif filled:
            names = "、".join(sheet.named(part) for part in filled)
            yield Problem(
                rule,
                (asked, *filled),
                f"{sheet.named(asked)}与{names}不一致：有数字就应选“有”，没有就应留空。",
            )

    return Rule(rule, broken)


def contradicts(rule: str, key: str, word: str, *counts: str) -> Rule:
    """Return a rule: a choice that says there are none goes with no such numbers."""

    def broken(sheet: Sheet) -> Iterator[Problem]:
        filled = [count for count in counts if sheet.number(count)]
        if sheet[key] == word and filled:
            names = "、".join(sheet.named(count) for count in filled)
            yield Problem(
                rule,
                (key, *filled),
                f"{sheet.named(key)}与{names}不一致，请核对后改正其中一项。",
            )

    return Rule(rule, broken)


def only_with(rule: str, asked: str, word: str, *details: str) -> Rule:
    """Return a rule: details are written only where the choice says so."""

    def broken(sheet: Sheet) -> Iterator[Problem]:
        filled = [key for key in details if sheet[key] not in (None, "", word)]
        if sheet[asked] not in (None, "", word) and filled:
            names = "、".join(sheet.named(key) for key in filled)
            yield Problem(
                rule,
                (asked, *filled),
                f"{sheet.named(asked)}时不应填写{names}，请核对后改正其中一项。",
            )

    return Rule(rule, broken)
