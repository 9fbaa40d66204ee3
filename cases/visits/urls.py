from django.urls import URLPattern, path

from cases.visits.views import lists, phone, queue, records

app_name = "visits"
urlpatterns: list[URLPattern] = [
    path("visits/", lists.visits, name="list"),
    path("visits/hazards/", lists.hazards, name="hazards"),
    path("visits/publicity/", lists.publicities, name="publicities"),
    path("visits/feedback/", lists.feedbacks, name="feedbacks"),
    path("visits/clues/", lists.clues, name="clues"),
    path("visits/export/<slug:key>/", lists.export, name="export"),
    path("visits/offline/", queue.queue, name="queue"),
    path("visits/offline/upload/", queue.upload, name="upload"),
    # What stands below visits/phone/ is the scope of the service worker.
    path("visits/phone/", phone.phone, name="phone"),
    path("visits/phone/units/<int:pk>/", phone.add, name="add"),
    path("visits/phone/elsewhere/", phone.add_elsewhere, name="add-elsewhere"),
    path("visits/phone/mine/", phone.mine, name="mine"),
    path("visits/phone/offline/", phone.shell, name="shell"),
    path("visits/phone/worker.js", phone.worker, name="worker"),
    path("visits/<int:pk>/", records.visit_detail, name="detail"),
    path("visits/<int:pk>/hazards/add/", records.hazard_add, name="hazard-add"),
    path("visits/hazards/<int:pk>/", records.hazard_detail, name="hazard"),
    path(
        "visits/hazards/<int:pk>/escalate/",
        records.hazard_escalate,
        name="hazard-escalate",
    ),
    path(
        "visits/hazards/<int:pk>/answer/", records.hazard_answer, name="hazard-answer"
    ),
    path("visits/hazards/<int:pk>/note/", records.hazard_note, name="hazard-note"),
    path("visits/hazards/<int:pk>/clear/", records.hazard_clear, name="hazard-clear"),
    path("visits/publicity/add/", records.publicity_add, name="publicity-add"),
    path("visits/publicity/<int:pk>/", records.publicity_detail, name="publicity"),
    path("visits/feedback/add/", records.feedback_add, name="feedback-add"),
    path("visits/feedback/<int:pk>/", records.feedback_detail, name="feedback"),
    path(
        "visits/feedback/<int:pk>/reply/",
        records.feedback_reply,
        name="feedback-reply",
    ),
    path(
        "visits/feedback/<int:pk>/route/",
        records.feedback_route,
        name="feedback-route",
    ),
    path("visits/clues/<int:pk>/", records.clue, name="clue"),
]
