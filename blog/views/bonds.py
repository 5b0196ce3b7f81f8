"""What people do about one another."""

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from blog.models import Notification


@login_required
@require_POST
def follow(request, username):
    person = get_object_or_404(get_user_model().objects.named(username).filter(is_active=True))
    if person != request.user:
        request.user.follows.add(person)
        Notification.objects.tell(person, kind=Notification.Kind.FOLLOWED, actor=request.user)
    return redirect(person)


@login_required
@require_POST
def unfollow(request, username):
    person = get_object_or_404(get_user_model().objects.named(username))
    request.user.follows.remove(person)
    return redirect(person)
