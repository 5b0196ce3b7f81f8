"""What people are told of."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from blog import keyset
from blog.models import Notification


@login_required
@require_safe
def notifications(request):
    rows = Notification.objects.shown_to(request.user).select_related("actor", "post__author")
    shown, older = keyset.page(rows, request.GET.get("before", ""))
    return render(request, "blog/notifications.html", {"notifications": shown, "older": older})


@login_required
@require_safe
def notification(request, pk):
    """To what it tells of. Read by that."""
    rows = Notification.objects.shown_to(request.user).select_related("actor", "post")
    notification = get_object_or_404(rows, pk=pk)
    notification.mark_read()
    return redirect(notification.target_url)


@login_required
@require_POST
def mark_all_read(request):
    request.user.notifications.unread().update(read_at=timezone.now())
    return redirect("blog:notifications")
