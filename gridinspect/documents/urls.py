from django.urls import path

from gridinspect.documents import views

app_name = "documents"
urlpatterns = [
    path("documents/", views.document_list, name="list"),
    path("documents/verify/", views.verify, name="verify"),
    path("documents/<int:pk>/", views.document_detail, name="detail"),
    path("documents/<int:pk>/file/", views.download, name="download"),
    path("attachments/<int:pk>/", views.attachment, name="attachment"),
]
