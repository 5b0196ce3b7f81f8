"""Pages of one post."""

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from blog.models import Post


@require_safe
def post(request, pk):
    posts = Post.objects.seen_by(request.user).select_related("author")
    post = get_object_or_404(posts, pk=pk)
    return render(request, "blog/post.html", {"post": post})
