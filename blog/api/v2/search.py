"""Finding posts and people."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from blog import models, people, search

from .serializers import KnownPerson, Post

ON_A_PAGE = 20  # posts
PEOPLE_SHOWN = 5


class SearchQuery(serializers.Serializer):
    """What to look for."""

    q = serializers.CharField(max_length=search.QUERY_MAX_LENGTH)
    page = serializers.IntegerField(
        default=1, min_value=1, max_value=search.BEST // ON_A_PAGE, help_text="Of the posts."
    )


class Found(serializers.Serializer):
    """The best posts, 20 a page, and on the first page the best people."""

    posts = Post(many=True)
    people = KnownPerson(many=True)


class Search(APIView):
    public = {"GET"}
    throttle_scope = "search"

    @extend_schema(operation_id="search", parameters=[SearchQuery], responses=Found)
    def get(self, request):
        """Posts that have all these words, and people, the best first."""
        asked = SearchQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        query, page = asked.validated_data["q"], asked.validated_data["page"]
        seen = models.Post.objects.seen_by(request.user).select_related("author")
        posts = search.find_posts(query, seen)[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
        known = people.with_bonds_to(request.user).seen_by(request.user)
        found = search.find_people(query, known)[:PEOPLE_SHOWN] if page == 1 else []
        return Response(Found({"posts": posts, "people": found}).data)
