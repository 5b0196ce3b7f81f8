"""Pages of many posts."""

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from blog import timelines
from blog.forms import PostForm
from blog.models import Post

DRAFT_MAX_LENGTH = 2_000  # characters kept of each field


@require_http_methods(["GET", "HEAD", "POST"])
def home(request):
    if not request.user.is_authenticated:
        return welcome(request)
    draft = request.session.pop("draft", None) if request.method == "GET" else None
    form = PostForm(request.POST or None, instance=Post(author=request.user), initial=draft)
    if request.method == "POST" and form.is_valid():
        form.instance.publish()
        messages.success(request, _("Your post is out."))
        return redirect("blog:home")
    posts, older = timelines.page(
        request.user.posts.select_related("author"), request.GET.get("before", "")
    )
    return render(request, "blog/home.html", {"form": form, "posts": posts, "older": older})


def welcome(request):
    """For visitors. What somebody posts whose session has ended waits until they have signed in."""
    if request.method != "POST":
        return render(request, "blog/welcome.html")
    request.session["draft"] = {
        name: request.POST.get(name, "")[:DRAFT_MAX_LENGTH] for name in PostForm.base_fields
    }
    messages.info(request, _("You were signed out. Sign in, and your text is there again."))
    return redirect_to_login(reverse("blog:home"))


@require_safe
def profile(request, username):
    person = get_object_or_404(get_user_model().objects.named(username).filter(is_active=True))
    posts, older = timelines.page(
        person.posts.select_related("author"), request.GET.get("before", "")
    )
    is_other = request.user.is_authenticated and request.user != person
    follows = is_other and request.user.follows.contains(person)
    context = {"person": person, "posts": posts, "older": older, "follows": follows}
    return render(request, "blog/profile.html", context)
