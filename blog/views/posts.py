"""Pages of one post."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from blog import drafts, keyset, threads
from blog.forms import ReplyForm, RevisionForm
from blog.models import Post
from blog.models.posts import AnsweredIsGone
from blog.translators import TranslationFailed


@require_http_methods(["GET", "HEAD", "POST"])
def post(request, pk):
    """A post in its thread; what is posted here is an answer to it."""
    post = _seen(request, pk)
    if request.method == "POST" and not request.user.is_authenticated:
        return drafts.keep(request)
    place = f"reply-{post.pk}"  # of the draft in the browser; a message of this tag ends it
    answer = Post(author=request.user, reply_to=post) if request.user.is_authenticated else None
    form = ReplyForm(request.POST or None, instance=answer, initial=drafts.take(request))
    if request.method == "POST" and form.is_valid():
        try:
            answer.publish()
        except AnsweredIsGone:  # the browser keeps what was written
            raise Http404 from None
        messages.success(request, _("Your answer is out."), extra_tags=place)
        shown = answer in threads.around(post, request.user).below
        return redirect(f"{post.get_absolute_url()}#post-{answer.pk}" if shown else answer)
    thread = threads.around(post, request.user, keyset.parse(request.GET.get("after", "")))
    context = {"post": post, "form": form, "draft": place, "thread": thread}
    return render(request, "blog/post.html", context)


@require_safe
def history(request, pk):
    """What a post said before it was edited, the latest first."""
    post = _seen(request, pk)
    versions, older = keyset.page(post.revisions.all(), request.GET.get("before", ""))
    context = {"post": post, "versions": versions, "older": older}
    return render(request, "blog/history.html", context)


@login_required
@require_safe
def translation(request, pk):
    """A post with its words in the reader's language."""
    post = _seen(request, pk)
    language = get_language()
    if not post.is_foreign_in(language):
        return redirect(post)
    context, status = {"post": post}, 200
    try:
        context["translation"] = post.translated(language)
    except TranslationFailed:
        context["failed"], status = True, 503
    return render(request, "blog/translation.html", context, status=status)


@drafts.login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, pk):
    post = get_object_or_404(request.user.posts, pk=pk)
    form = RevisionForm(request.POST or None, instance=post, initial=drafts.take(request))
    if request.method == "POST" and form.is_valid() and form.revise():
        messages.success(request, _("Your post is changed."))
        return redirect(post)
    return render(request, "blog/edit.html", {"post": post, "form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request, pk):
    post = get_object_or_404(request.user.posts, pk=pk)
    if request.method != "POST":
        return render(request, "blog/delete.html", {"post": post})
    if not post.remove():
        raise Http404
    messages.success(request, render_to_string("blog/_undo.html", {"post": post}, request))
    return redirect("blog:home")


@login_required
@require_POST
def undo(request, pk):
    """Bring a post back that was deleted a moment ago."""
    deleted = Post.with_deleted.restorable().filter(author=request.user, pk=pk).first()
    if deleted and deleted.restore():
        messages.success(request, _("Your post is back."))
        return redirect(deleted)
    messages.error(request, _("It is too late: the post is gone."))
    return redirect("blog:home")


def _seen(request, pk):
    posts = Post.objects.seen_by(request.user).select_related("author")
    return get_object_or_404(posts, pk=pk)
