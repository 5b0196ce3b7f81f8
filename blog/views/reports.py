"""Telling those who run the site that something is wrong."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from blog.forms import ReportForm
from blog.models import Post, Report


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def post(request, pk):
    posts = Post.objects.seen_by(request.user).select_related("author")
    post = get_object_or_404(posts, pk=pk)
    return _report(request, post, {"post": post, "person": post.author})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def person(request, username):
    person = get_object_or_404(User.objects.active().named(username))
    return _report(request, person, {"person": person})


def _report(request, about, context):
    report = Report(reporter=request.user)
    given = request.POST if request.method == "POST" else None
    form = ReportForm(given, instance=report, about=about)
    if form.is_valid():
        if report.send(about) is report:
            messages.success(request, _("Thank you. Those who run this site will look at it."))
        else:
            messages.info(request, _("You have reported this already. It will be looked at."))
        return redirect(about)
    back = about.get_absolute_url()
    return render(request, "blog/report.html", {"form": form, "back": back, **context})
