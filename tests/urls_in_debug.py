"""The addresses of a development site, which the tests' own DEBUG = False leaves out."""

from django.urls import include, path

from microblog.urls import urlpatterns as in_production

urlpatterns = [*in_production, path("mail/", include("microblog.inbox"))]
