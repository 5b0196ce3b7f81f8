"""Finding posts and people."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.http import require_safe

from blog import people, search
from blog.models import Post

ON_A_PAGE = 20  # posts
PEOPLE_SHOWN = 5


@require_safe
def find(request):
    """The best of what there is, in pages by number: what ranks first moves anyway while people
    write, and there are only a few pages."""
    query = request.GET.get("q", "").strip()[: search.QUERY_MAX_LENGTH]
    posts = Post.objects.seen_by(request.user).select_related("author")
    page = Paginator(search.find_posts(query, posts), ON_A_PAGE).get_page(request.GET.get("page"))
    seen = people.with_bonds_to(request.user).seen_by(request.user)
    found = search.find_people(query, seen)[:PEOPLE_SHOWN] if page.number == 1 else []
    context = {"query": query, "most": search.QUERY_MAX_LENGTH, "page": page, "people": found}
    return render(request, "blog/search.html", context)
