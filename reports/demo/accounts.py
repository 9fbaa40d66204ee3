"""One demonstration account for each role, and a few neighbours to compare with."""

from dataclasses import dataclass

from django.conf import settings

from gridinspect.accounts.roles import Role

PASSWORD = settings.DEMO_PASSWORD  # the sign-in page shows it, demo only


@dataclass(frozen=True)
class Account:
    """Who signs in as what, where: the code of a grid or a city."""

    username: str
    name: str
    role: Role
    place: str


ACCOUNTS = [
    Account("zz_city", "何远山", Role.CITY_BUREAU, "410100"),
    Account("eq_bureau", "梁晨光", Role.DISTRICT_BUREAU, "410103"),
    Account("eq_intake", "田小禾", Role.INTAKE, "410103"),
    Account("eq_leader", "石国安", Role.LEADER, "410103"),
    Account("eq_legal", "方知行", Role.LEGAL_REVIEWER, "410103"),
    Account("eq_squad", "韩立春", Role.SQUAD_LEADER, "410103001000"),
    Account("eq_inspector", "邱正平", Role.FULL_TIME_INSPECTOR, "410103"),
    Account("eq_inspector2", "康明义", Role.FULL_TIME_INSPECTOR, "410103"),
    Account("eq_parttime", "贾思远", Role.PART_TIME_INSPECTOR, "410103001000"),
    Account("eq_assistant", "余小满", Role.ASSISTANT, "410103001001"),
    Account("eq_agency", "汪佩兰", Role.AGENCY_CLERK, "410103"),
    Account("eq_custodian", "丁守信", Role.CUSTODIAN, "410103"),
    Account("zz_auditor", "史明鉴", Role.AUDITOR, "410100"),
    Account("zz_sysadmin", "傅维新", Role.SYSTEM_ADMIN, "410100"),
    Account("zz_secadmin", "卢安平", Role.SECURITY_ADMIN, "410100"),
    Account("hj_bureau", "江惠民", Role.DISTRICT_BUREAU, "410108"),
    Account("yz_city", "沈扬帆", Role.CITY_BUREAU, "321000"),
    Account("gl_bureau", "陆广文", Role.DISTRICT_BUREAU, "321002"),
    Account("sy_bureau", "关东升", Role.DISTRICT_BUREAU, "SYDEMO"),
    Account("yk_city", "白海鸥", Role.CITY_BUREAU, "210800"),
    Account("zq_bureau", "孟站平", Role.DISTRICT_BUREAU, "210802"),
]

# Watches inside one unit, chosen by reports.demo.wages; no post in a grid.
INSIDE = Account("eq_enterprise", "葛小满", Role.ENTERPRISE_ASSISTANT, "410103")
