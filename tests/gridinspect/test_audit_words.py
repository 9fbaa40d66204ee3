from gridinspect.audit.verbs import details


def test_the_details_of_an_act_read_in_chinese_without_empty_ones():
    data = {"reason": "核实", "late": False, "team": [3, 5], "due_on": None}
    assert details(data) == "事由：核实；超期：否；办案人员：3、5"


def test_a_detail_without_a_name_keeps_its_key():
    assert (
        details({"unheard_of": 3, "counts": {"新增": 2}})
        == "unheard_of：3；条数：新增 2"
    )
