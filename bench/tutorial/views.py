"""Pages as a well-known tutorial makes them: cut out by OFFSET, counted each time, the timeline
joined when it is read, and a poll that notes each time that the person is here. They are drawn with
our templates."""

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from blog.models import Post
from blog.timelines import PAGE_SIZE, Page


def home(request):
    joined = Q(author__followers=request.user) | Q(author=request.user)
    return _paginated(request, Post.objects.filter(joined).distinct())


def explore(request):
    return _paginated(request, Post.objects.all())


def profile(request, username):
    person = get_object_or_404(get_user_model(), username=username)
    return _paginated(request, person.posts.all())


def poll(request):
    person = request.user
    get_user_model().objects.filter(pk=person.pk).update(last_seen=timezone.now())
    told = person.notifications.filter(created_at__gt=timezone.now()).order_by("created_at")
    return JsonResponse([{"name": each.kind} for each in told], safe=False)


def _paginated(request, posts):
    posts = posts.select_related("author").order_by("-timestamp")
    total = posts.count()
    first = (int(request.GET.get("page", 1)) - 1) * PAGE_SIZE
    shown = list(posts[first : first + PAGE_SIZE])
    page = Page(shown, older="more" if first + PAGE_SIZE < total else "")
    return render(request, "blog/explore.html", {"page": page})
