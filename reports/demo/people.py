"""Made-up persons: names from lists, valid ID numbers, telephones nobody has."""

import random
from datetime import date, timedelta
from itertools import count

from gridinspect.accounts.models import Person
from gridinspect.accounts.rules import citizen_id_check_character

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
    "苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史"
)
MALE = [
    "志强",
    "建国",
    "海涛",
    "伟",
    "磊",
    "浩然",
    "斌",
    "春生",
    "立军",
    "鹏",
    "国栋",
    "晓东",
]
FEMALE = [
    "春梅",
    "晓燕",
    "玉珍",
    "丽",
    "雪",
    "凤",
    "艳",
    "秀兰",
    "颖",
    "红霞",
    "倩",
    "小琴",
]
AREAS = ["410103", "410108", "321002", "321003", "210111", "210802", "410122"]
EDUCATIONS = ["高中", "中专", "大专", "大专", "本科"]


class People:
    """Makes persons, the same ones for the same seed."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self._serial = count(1)
        self._phones = count(19900010000)

    def make(self) -> tuple[Person, dict]:
        """Return an unsaved person and what the personnel file says."""
        is_male = self.random.random() < 0.45
        given = self.random.choice(MALE if is_male else FEMALE)
        born = date(1966, 1, 1) + timedelta(days=self.random.randrange(32 * 365))
        person = Person(name=self.random.choice(SURNAMES) + given)
        person.set_id_number(self._id_number(born, is_male=is_male))
        person.set_phone(str(next(self._phones)))
        return person, {
            "gender": "male" if is_male else "female",
            "birth_date": born,
            "education": self.random.choice(EDUCATIONS),
            "retirement_category": "M" if is_male else "F50",
        }

    def _id_number(self, born: date, *, is_male: bool) -> str:
        """Return a valid number whose sequence marks it as made up (9nn)."""
        serial = next(self._serial)
        sequence = 900 + serial % 50 * 2 + is_male
        area = AREAS[serial // 50 % len(AREAS)]
        body = f"{area}{born:%Y%m%d}{sequence:03}"
        return body + citizen_id_check_character(body)
