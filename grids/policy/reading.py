"""From a TOML file or its JSON to values: the annotations of a row are its schema."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import date
from typing import Any, TypeVar, get_type_hints

from grids.policy.checks import CHECKS
from grids.policy.values import TABLES, PolicyError, PolicyValues

Row = TypeVar("Row")


def parse_policy(document: bytes | Mapping[str, Any]) -> PolicyValues:
    """Read one policy from the bytes of its TOML file or from its JSON.

    Raises PolicyError with one sentence that says what is wrong and what to do.
    """
    if isinstance(document, bytes):
        try:
            document = tomllib.loads(document.decode("utf-8"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise PolicyError(
                f"政策文件不是有效的 UTF-8 编码 TOML（{error}），请按提示位置改正。"
            ) from error
    raw = dict(document)
    tables: dict[str, Any] = {}
    for table, (field, row_type) in TABLES.items():
        rows = raw.pop(table, [])
        if not isinstance(rows, list):
            raise PolicyError(f"“{table}”应写成 [[{table}]] 的若干行，请改正写法。")
        tables[field] = tuple(
            _read(row_type, row, f"[[{table}]] 第 {number} 行")
            for number, row in enumerate(rows, start=1)
        )
    policy = _read(PolicyValues, raw, "政策文件", tables)
    for check in CHECKS:
        check(policy)
    return policy


def _read(
    row_type: type[Row],
    raw: object,
    where: str,
    given: Mapping[str, Any] | None = None,
) -> Row:
    """Build a row from a mapping; refuse unknown, missing and mistyped entries."""
    if not isinstance(raw, Mapping):
        raise PolicyError(f"{where}应是一组“名称 = 值”，请改正写法。")
    given = given or {}
    hints = get_type_hints(row_type)
    allowed = [
        field
        for field in fields(row_type)  # type: ignore[arg-type]
        if field.name not in given
    ]
    unknown = sorted(raw.keys() - {field.name for field in allowed})
    if unknown:
        raise PolicyError(f"{where}有不认识的项“{unknown[0]}”，请改正拼写或删去它。")
    values = {
        field.name: _value(raw[field.name], hints[field.name], where, field.name)
        for field in allowed
        if field.name in raw
    }
    for field in allowed:
        if field.name not in values and field.default is MISSING:
            raise PolicyError(f"{where}缺少“{field.name}”，请补上。")
    return row_type(**values, **given)


def _value(value: object, hint: object, where: str, name: str) -> object:
    try:
        return _READERS[hint](value)
    except ValueError as error:
        raise PolicyError(
            f"{where}的“{name}”{error}，现为“{value}”，请改正。"
        ) from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("应为文字")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("应为整数")
    if value < 0:
        raise ValueError("不能是负数")
    return value


def _ratio(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError("应为数字")
    if not 0 <= value <= 1:
        raise ValueError("应在 0 与 1 之间")
    return float(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("应为 true 或 false")
    return value


def _day(value: object) -> date:
    if type(value) is date:
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("应为真实存在的日期（如 2013-04-08）")


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("应为不空的列表")
    if len(set(map(_text, value))) != len(value):
        raise ValueError("有重复的项")
    return tuple(value)


_READERS: dict[object, Callable[[object], object]] = {
    str: _text,
    int: _whole,
    int | None: _whole,
    float: _ratio,
    bool: _flag,
    date: _day,
    date | None: _day,
    tuple[str, ...]: _texts,
}
