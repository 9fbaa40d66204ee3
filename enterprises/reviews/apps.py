from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "enterprises.reviews"
    verbose_name = "书面审查"
