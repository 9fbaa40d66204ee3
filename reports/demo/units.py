"""Made-up employers: names, valid credit codes that nobody holds, addresses."""

import random
from itertools import count

from enterprises.rules import uscc_check_character

WORDS = [
    "宏达",
    "鑫源",
    "佳和",
    "众诚",
    "瑞禾",
    "科瑞",
    "正和",
    "广源",
    "荣华",
    "华美",
    "金辉",
    "恒通",
    "博远",
    "盛世",
    "嘉禾",
    "永兴",
    "中天",
    "顺达",
    "百川",
    "新纪元",
    "东方红",
    "长城",
    "海纳",
    "德润",
    "福临",
    "康泰",
    "万家",
    "天成",
    "启明",
    "锦绣",
]
TRADES = [
    # (word in the name, industry of GB/T 4754-2017, ending, kind, usual headcount)
    ("餐饮", "H62", "店", "sole_trader", 8),
    ("商贸", "F52", "有限公司", "company", 12),
    ("物流", "G59", "有限公司", "company", 45),
    ("装饰工程", "E50", "有限公司", "company", 38),
    ("建筑劳务", "E47", "有限公司", "company", 120),
    ("机械制造", "C34", "有限公司", "company", 85),
    ("食品", "C14", "有限公司", "company", 60),
    ("服饰", "C18", "有限公司", "company", 40),
    ("信息技术", "I65", "有限公司", "company", 22),
    ("家政服务", "O80", "部", "sole_trader", 6),
    ("物业管理", "K70", "有限公司", "company", 55),
    ("人力资源", "L72", "有限公司", "dispatch_agency", 30),
    ("幼儿园", "P83", "", "private_non_enterprise", 25),
    ("超市", "F52", "", "sole_trader", 9),
    ("口腔门诊部", "Q84", "", "private_non_enterprise", 14),
]
ROADS = [
    "建设路",
    "人民路",
    "解放路",
    "中山街",
    "和平路",
    "文化路",
    "兴华街",
    "友谊路",
    "工业路",
    "振兴街",
]


class Units:
    """Makes employers, the same ones for the same seed."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self._serial = count(1)

    def make(self, *, area: str, town: str, place: str) -> dict:
        """Return the fields of one unit, registered in `area` and found at `place`."""
        number = next(self._serial)
        trade, industry, ending, kind, usual = self.random.choice(TRADES)
        word = self.random.choice(WORDS) + self.random.choice(WORDS)[:1]
        road, house = self.random.choice(ROADS), self.random.randrange(1, 299)
        headcount = max(1, round(self.random.lognormvariate(0, 0.6) * usual))
        return {
            "name": f"{town}{word}{trade}{ending}",
            "uscc": self._uscc(area, number, kind),
            "industry": industry,
            "unit_kind": kind,
            "headcount": headcount,
            "road": road,
            "house_number": f"{house}号",
            "address": f"{place}{road}{house}号",
        }

    def _uscc(self, area: str, number: int, kind: str) -> str | None:
        """Return a valid code with an organisation code (QY…) that is never issued."""
        if self.random.random() < 0.04:
            return None  # a small shop that has not shown its licence yet
        head = {"sole_trader": "92", "private_non_enterprise": "52"}.get(kind, "91")
        area = area if area.isdigit() else "321000"
        body = f"{head}{area}QY{number:07}"
        return body + uscc_check_character(body)
