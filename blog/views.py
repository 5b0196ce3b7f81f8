from django.contrib import messages
from django.contrib.auth import get_user_model
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from . import timelines
from .forms import PostForm
from .models import Post


def home(request):
    if not request.user.is_authenticated:
        return render(request, "blog/welcome.html")
    form = PostForm(request.POST or None, instance=Post(author=request.user))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your post is out."))
        return redirect("blog:home")
    posts, older = timelines.page(
        request.user.posts.select_related("author"), request.GET.get("before", "")
    )
    return render(request, "blog/home.html", {"form": form, "posts": posts, "older": older})


def profile(request, username):
    person = get_object_or_404(get_user_model().objects.named(username).filter(is_active=True))
    posts, older = timelines.page(
        person.posts.select_related("author"), request.GET.get("before", "")
    )
    return render(request, "blog/profile.html", {"person": person, "posts": posts, "older": older})


def post(request, pk):
    post = get_object_or_404(Post.objects.select_related("author"), pk=pk)
    return render(request, "blog/post.html", {"post": post})
