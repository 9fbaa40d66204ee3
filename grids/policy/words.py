"""The words that a policy may use, and what they are called on a page."""

CLAUSE_KINDS = frozenset({"rule", "duty", "target", "words"})
LAYERS = frozenset({"national", "province", "plan"})
# What the counts that a plan states are counts of.
COVERS = frozenset({"district", "city"})
GRID_KINDS = frozenset(
    {
        "district",
        "zone",
        "street",
        "town",
        "park",
        "community",
        "village",
        "cell",
    }
)
PERSON_KINDS = {
    "full_time_inspector": "专职监察员",
    "part_time_inspector": "兼职监察员",
    "inspector": "监察员",
    "assistant": "协管员",
    "either": "兼职监察员或协管员",
    "enterprise_assistant": "企业协管员",
}
INDICATORS = {
    "assigned": "网格监管率",
    "acquired": "信息采集率",
    "filed": "建档率",
    "staffed": "配备率",
    "trained": "受训率",
    "networked": "联网率",
}
TERMS = {
    **PERSON_KINDS,
    "command_centre": "指挥中心",
    "brigade": "监察大队",
    "squad": "监察中队",
    "station": "监察工作站",
    "unit_file": "一户一档",
    "register": "一格一册",
    "level_1": "一级网格",
    "level_2": "二级网格",
    "level_3": "三级网格",
}
UNITS = {
    "working_days": "个工作日",
    "natural_days": "日",
    "months": "个月",
    "years": "年",
    "times": "次",
    "levels": "级",
    "persons": "人",
    "percent": "%",
    "percent_per_day": "%每日",
    "square_metres": "平方米",
    "yuan_per_year": "元每年",
    "month_of_year": "月",
    "yuan_per_month": "元每月",
    "fen_per_hour": "元每小时",  # kept in fen, so that it stays a whole number
}
# Every number that later parts may ask for, so that a slip of the pen is found.
NUMBERS = {
    "freshness_days": "信息有效期",
    "levels": "网格级数",
    "team_inspectors": "办案监察员最少人数",
    "assistants_per_grid": "每个网格协管员人数",
    "retirement_window_years": "距退休年限",
    "premises_min": "指挥中心用房面积下限",
    "premises_max": "指挥中心用房面积上限",
    "brigade_premises_min": "大队用房面积下限",
    "brigade_premises_max": "大队用房面积上限",
    "squad_premises_min": "中队用房面积下限",
    "squad_premises_max": "中队用房面积上限",
    "station_premises_min": "服务站用房面积下限",
    "station_premises_max": "服务站用房面积上限",
    "complaint_point_premises_min": "投诉举报点用房面积下限",
    "complaint_point_premises_max": "投诉举报点用房面积上限",
    "arrears_months": "欠薪欠费达到",
    "complaints_per_year": "一年内被举报投诉达到",
    "unemployed_years": "失业时间",
    "squad_money": "中队工作经费",
    "entry_age_max": "入职年龄上限",
    "probation_months": "试用期",
    "contract_months": "合同期限",
    "term_years": "每届任期上限",
    "rotation_years": "同一社区轮岗年限",
    "excellent_years": "连续优秀年数",
    "leave_days_district": "区级批准请假上限",
    "spot_absences_max": "无故空岗上限",
    "absent_days_in_a_row": "无故连续缺勤",
    "absent_days_in_a_year": "一年累计无故缺勤",
    "absent_days_left": "不在岗视作离职",
    "elimination_percent": "每年淘汰比例上限",
    "exit_months_before_retirement": "退休前退出",
    "post_list_month": "岗位明细表填报月份",
    "publication_months": "重大违法公布周期",
    "inspection_result_days": "检查结果告知",
    "review_sample_percent": "书面审查实地抽查比例",
    "working_age": "最低就业年龄",
    "adult_age": "未成年工年满",
    "contract_months_to_sign": "订立书面劳动合同的期限",
    "contract_expiry_days": "合同到期提示",
}
# What criteria and grounds of supervision ask for; who knows it registers a supplier
# (enterprises.supervision.facts). Suppliers of counts are added up, of states the
# largest is taken.
FACTS = {
    "punished": "劳动保障违法行为被查处次数",
    "refused": "逾期未按指令改正或拒不履行决定",
    "obstructed": "阻挠劳动保障监察",
    "child_labour": "使用童工、强迫劳动等严重违法",
    "incidents": "引发群体性、极端事件或严重社会影响",
    "crimes": "因劳动保障违法行为被追究刑事责任",
    "complaints": "被举报投诉次数",
    "petitions": "集体上访",
    "wage_arrears_months": "拖欠工资月数",
    "wage_arrears_yuan": "拖欠工资金额（元）",
    "insurance_arrears_months": "拖欠社会保险费月数",
    "hours_violations": "工时休假违法被查处次数",
    "women_violations": "女职工、未成年工保护违法被查处次数",
    "wages_unpaid_after_order": "责令支付工资逾期未支付",
    "review_missing": "未报送书面审查材料",
    "opened": "新开业或新纳入底数",
    "supervised": "已纳入监管（采集、走访、检查）",
    "key_grade": "等级属重点对象",
    "dishonest": "列入失信名单",
    "wage_arrears_persons": "拖欠工资人数",
    "contracts_missing": "未签劳动合同的比例（%）",
    "staff_lost": "人员流失的比例（%）",
    "unsurveyed_days": "未更新采集的天数",
    "hazard_days": "隐患未消除的天数",
    "account_empty_days": "工资专用账户没有余额的天数",
    "site_failures": "在建项目不合格的检查项",
    "wage_signals": "企业协管员报告的工资预警",
}
STATES = frozenset(
    {
        "wage_arrears_months",
        "wage_arrears_yuan",
        "insurance_arrears_months",
        "opened",
        "key_grade",
        "dishonest",
        "wage_arrears_persons",
        "contracts_missing",
        "staff_lost",
        "unsurveyed_days",
        "hazard_days",
        "account_empty_days",
        "site_failures",
    }
)
# The colours of early warning (红橙黄), from the mildest to the gravest.
COLOURS = {"yellow": "黄色", "orange": "橙色", "red": "红色"}
# Facts that tell of complaints: who may not know of those learns nothing of these.
SECRET_FACTS = frozenset({"complaints", "petitions"})
PUBLIC_LISTS = {
    "violation": "重大劳动保障违法行为社会公布",
    "dishonest": "拖欠农民工工资失信联合惩戒名单",
}
# The kinds of inspection that a yearly cap may count.
INSPECTION_KINDS = {
    "daily": "日常巡视检查",
    "campaign": "专项检查",
    "random": "双随机抽查",
    "targeted": "专查",
}
# What a law says that plans are compared with.
STATUTES = frozenset(
    {
        "probation",
        "dispatch_contract",
        "last_place",
        "left_by_itself",
        "counting",
        "inspectors_only",
    }
)
# The kinds of office that a measure may ask for.
OFFICE_KINDS = frozenset(
    {"command_centre", "brigade", "squad", "station", "complaint_point"}
)
COUNTINGS = frozenset({"", "in_a_row", "in_a_year", "spot_checks", "open"})
# How a clause may be measured. What follows the name is in the pattern.
MEASURES = {
    "targets": r"",  # every [[target]] that stands beside the clause
    "milestones": r"",  # the figures of every [[milestone]] beside it, with their day
    "counts": r"",  # every [[expected]] of the clause
    "posts": r"",  # every [[quota]] of the clause: filled of required
    "levels": r"",  # the levels that the tree has, of those that the plan has
    "coded": r"",  # grids with a code of their own
    "entry_age": r"",  # assistants who came young enough
    "rotation": r"",  # assistants who have not stayed too long in one community
    "rate": r"[a-z]+(:[a-z_]+)?:(100|[1-9]?\d)",  # a rate, and its percentage
    "placed": r"[a-z_]+:[a-z]+(\+[a-z]+)*",  # grids of kinds with such a person
    "staffed": r"",  # posts of every kind together: filled of required
    "fresh": r"",  # surveys that still count, of all files
    "offices": r"[a-z_]+:[a-z]+(\+[a-z]+)*",  # grids of kinds with such an office
    "led": r"[a-z_]+:[a-z]+(\+[a-z]+)*",  # grids of kinds whose office has a leader
    "premises": r"[a-z_]+",  # offices of a kind with the area that the plan wants
    "sited": r"",  # grids of an office with a place to work in, as the plan wants it
    "equipped": r"",  # grids of an office with equipment in use
    "mapped": r"[a-z]+(\+[a-z]+)*",  # grids of kinds with a boundary
    "four_fixed": r"",  # posts with person, area, duties and tasks (四定)
    "walls": r"",  # counted grids where the three posters hang (三上墙)
}
# Those of them that any node has, so that items and milestones may be shown by them.
NODE_MEASURES = frozenset(
    {"rate", "coded", "staffed", "fresh", "offices", "led", "mapped"}
    | {"sited", "equipped"}
)
# What a checklist that is followed node by node is there for.
CHECKLIST_USES = frozenset({"", "steps", "acceptance"})
