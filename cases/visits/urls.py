from django.urls import URLPattern, path

from cases.visits.views import clues, hazards, lists, phone, queue, talks, visit

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
    path("visits/<int:pk>/", visit.visit_detail, name="detail"),
    path("visits/<int:pk>/hazards/add/", hazards.hazard_add, name="hazard-add"),
    path("visits/hazards/<int:pk>/", hazards.hazard_detail, name="hazard"),
    path(
        "visits/hazards/<int:pk>/escalate/",
        hazards.hazard_escalate,
        name="hazard-escalate",
    ),
    path(
        "visits/hazards/<int:pk>/answer/", hazards.hazard_answer, name="hazard-answer"
    ),
    path("visits/hazards/<int:pk>/note/", hazards.hazard_note, name="hazard-note"),
    path("visits/hazards/<int:pk>/clear/", hazards.hazard_clear, name="hazard-clear"),
    path("visits/publicity/add/", talks.publicity_add, name="publicity-add"),
    path("visits/publicity/<int:pk>/", talks.publicity_detail, name="publicity"),
    path("visits/feedback/add/", talks.feedback_add, name="feedback-add"),
    path("visits/feedback/<int:pk>/", talks.feedback_detail, name="feedback"),
    path(
        "visits/feedback/<int:pk>/reply/",
        talks.feedback_reply,
        name="feedback-reply",
    ),
    path(
        "visits/feedback/<int:pk>/route/",
        talks.feedback_route,
        name="feedback-route",
    ),
    path("visits/clues/<int:pk>/", clues.clue, name="clue"),
]
