"""Pages of many posts."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from blog import drafts, people, timelines
from blog.forms import PostForm
from blog.models import Post


@require_http_methods(["GET", "HEAD", "POST"])
def home(request):
    if not request.user.is_authenticated:
        return welcome(request)
    post = Post(author=request.user)
    form = PostForm(request.POST or None, instance=post, initial=drafts.take(request))
    if request.method == "POST" and form.is_valid():
        post.publish()
        messages.success(request, _("Your post is out."), extra_tags="home")
        return redirect("blog:home")
    suggested = people.suggested_to(request.user)  # asked for only where there is nothing to read
    posts = timelines.home(request.user)
    return _show(request, "blog/home.html", posts, form=form, suggested=suggested)


def welcome(request):
    """For visitors."""
    if request.method == "POST":
        return drafts.keep(request)
    return render(request, "blog/welcome.html")


@require_safe
def explore(request):
    """What everybody writes."""
    posts = Post.objects.seen_by(request.user).not_muted_by(request.user)
    return _show(request, "blog/explore.html", posts)


@login_required
@require_safe
def mentions(request):
    """Posts that mention the reader."""
    posts = request.user.mentioned_in.seen_by(request.user).not_muted_by(request.user)
    return _show(request, "blog/mentions.html", posts)


@require_safe
def tag(request, name):
    name = name.casefold()
    if "\0" in name:  # PostgreSQL can't even be asked
        raise Http404
    posts = Post.objects.tagged(name).seen_by(request.user).not_muted_by(request.user)
    return _show(request, "blog/tag.html", posts, tag=name)


@require_safe
def profile(request, username):
    person = get_object_or_404(people.named(request.user, username))
    posts = person.posts.seen_by(request.user)
    return _show(request, "blog/profile.html", posts, person=person)


def _newer(count):
    """How many posts are newer, for a program and in words."""
    shown = count if count <= timelines.PAGE_SIZE else f"{timelines.PAGE_SIZE}+"
    words = ngettext("%(count)s new post", "%(count)s new posts", count) % {"count": shown}
    return JsonResponse({"newer": count, "words": words})


def _show(request, template, posts, **context):
    """One page of the posts; or, for a page that is open, how many are newer than its first."""
    if "newer" in request.GET:
        return _newer(timelines.count_newer(posts, request.GET["newer"]))
    page = timelines.page(
        posts.select_related("author"),
        before=request.GET.get("before", ""),
        after=request.GET.get("after", ""),
    )
    return render(request, template, {"page": page, **context})
