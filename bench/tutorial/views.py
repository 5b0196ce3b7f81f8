"""Pages as a well-known tutorial makes them: cut out by OFFSET, counted each time, the timeline
joined when it is read, and a poll that notes each time that the person is here. They are drawn with
our templates."""

from django.db.models import Q
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from accounts.models import User
from blog import people
from blog.forms import PostForm
from blog.models import Post
from blog.timelines import PAGE_SIZE, Page


def home(request):
    joined = Q(author__followers=request.user) | Q(author=request.user)
    posts = Post.objects.filter(joined).distinct()
    return _paginated(request, "blog/home.html", posts, form=PostForm())


def explore(request):
    return _paginated(request, "blog/explore.html", Post.objects.all())


def profile(request, username):
    person = get_object_or_404(people.with_counts(User.objects), username=username)
    return _paginated(request, "blog/profile.html", person.posts.all(), person=person)


def poll(request):
    person = request.user
    User.objects.filter(pk=person.pk).update(last_seen=timezone.now())
    told = person.notifications.filter(created_at__gt=timezone.now()).order_by("created_at")
    return JsonResponse([{"name": each.kind} for each in told], safe=False)


def _paginated(request, template, posts, **context):
    posts = posts.select_related("author").order_by("-timestamp")
    total = posts.count()
    first = (int(request.GET.get("page", 1)) - 1) * PAGE_SIZE
    shown = list(posts[first : first + PAGE_SIZE])
    page = Page(shown, older="more" if first + PAGE_SIZE < total else "")
    return render(request, template, {"page": page} | context)
