"""What people are told of."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from blog import keyset
from blog.models import Notification


@login_required
@require_safe
def notifications(request):
    rows = Notification.objects.shown_to(request.user).select_related("actor", "post")
    shown, older = keyset.page(rows, request.GET.get("before", ""))
    return render(request, "blog/notifications.html", {"notifications": shown, "older": older})


@login_required
@require_safe
def notification(request, pk):
    """To what it tells of. Read by that."""
    rows = Notification.objects.shown_to(request.user).select_related("actor", "post")
    notification = get_object_or_404(rows, pk=pk)
    rows.filter(pk=pk).mark_read()
    return redirect(notification.target_url)


@login_required
@require_POST
def mark_all_read(request):
    """Those that were shown: up to the id `until`."""
    until = keyset.parse(request.POST.get("until", ""))
    request.user.notifications.filter(pk__lte=until).mark_read()
    return redirect("blog:notifications")
