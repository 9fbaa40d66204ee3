from django.urls import path

from assistants.views import establishment, indexes, staff

app_name = "assistants"
urlpatterns = [
    path("staff/", staff.staff_list, name="list"),
    path("staff/new/", staff.staff_create, name="create"),
    path("staff/<int:pk>/", staff.staff_detail, name="detail"),
    path("staff/<int:pk>/change/", staff.staff_change, name="change"),
    path("staff/<int:pk>/photo/", staff.staff_photo, name="photo"),
    path("staff/<int:pk>/post/", staff.staff_post, name="post"),
    path("staff/<int:pk>/training/", staff.staff_training, name="training"),
    path("staff/<int:pk>/certificate/", staff.staff_certificate, name="certificate"),
    path("staff/<int:pk>/reveal/", staff.staff_reveal, name="reveal"),
    path("staff/of-person/<int:pk>/", staff.staff_of_person, name="person"),
    path("staff/posts/<int:pk>/end/", staff.post_end, name="end-post"),
    path("establishment/", establishment.establishment, name="establishment"),
    path("establishment/<int:pk>/indexes/", indexes.indexes, name="indexes"),
]
