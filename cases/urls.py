from django.urls import path

from cases.views import cases, clocks, matters

app_name = "cases"
urlpatterns = [
    path("matters/", matters.matter_list, name="matters"),
    path("matters/new/<slug:kind>/", matters.register, name="register"),
    path("matters/<int:pk>/", matters.matter_detail, name="matter"),
    path("matters/<int:pk>/accept/", matters.accept, name="accept"),
    path("matters/<int:pk>/refuse/", matters.refuse, name="refuse"),
    path("matters/<int:pk>/decline/", matters.decline, name="decline"),
    path("matters/<int:pk>/file/", matters.file_matter, name="file_matter"),
    path("matters/<int:pk>/identity/", matters.reveal, name="reveal"),
    path("cases/", cases.case_list, name="list"),
    path("cases/<int:pk>/", cases.case_detail, name="detail"),
    path(
        "cases/<int:pk>/extension/", cases.propose_extension, name="propose_extension"
    ),
    path(
        "extensions/<int:pk>/decide/", cases.decide_extension, name="decide_extension"
    ),
    path(
        "cases/<int:pk>/end-investigation/",
        cases.end_investigation,
        name="end_investigation",
    ),
    path("cases/<int:pk>/correction/", cases.correct, name="correct"),
    path("cases/<int:pk>/close/", cases.close, name="close"),
    path("writs/<int:pk>/corrected/", cases.note_correction, name="note_correction"),
    path(
        "enterprises/<int:enterprise_pk>/file-case/",
        cases.file_on_enterprise,
        name="file",
    ),
    path("clocks/", clocks.clock_list, name="clocks"),
]
