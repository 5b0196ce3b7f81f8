"""Private messages."""

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from blog import keyset
from blog.forms import MessageForm
from blog.models import Message

ON_A_PAGE = 50  # messages of a conversation


@login_required
@require_safe
def conversations(request):
    """Whom the reader talks with, and the last that was said."""
    latest = Message.objects.latest_with_each(request.user)
    rows, older = keyset.page(latest, request.GET.get("before", ""), by="latest")
    said = Message.objects.select_related("sender", "recipient").in_bulk(
        row["latest"] for row in rows
    )
    shown = [{"message": said[row["latest"]], "unread": row["unread"]} for row in rows]
    return render(request, "blog/messages.html", {"conversations": shown, "older": older})


@login_required
@require_safe
def received(request):
    """All that was written to the reader, also by people who are no more. Read by that."""
    rows = request.user.messages.select_related("sender", "recipient")
    shown, older = keyset.page(rows, request.GET.get("before", ""))
    request.user.messages.filter(pk__in=[message.pk for message in shown]).mark_read()
    return render(request, "blog/message_list.html", {"said": shown, "older": older})


@login_required
@require_safe
def sent(request):
    rows = request.user.sent_messages.select_related("sender", "recipient")
    shown, older = keyset.page(rows, request.GET.get("before", ""))
    return render(request, "blog/message_list.html", {"said": shown, "older": older})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def conversation(request, username):
    """What the reader and another one said to each other. Read by that."""
    other = get_object_or_404(get_user_model().objects.named(username).filter(is_active=True))
    place = f"message-{other.pk}"  # of the draft in the browser; a message of this tag ends it
    form = MessageForm(request.POST or None, instance=Message(sender=request.user, recipient=other))
    if request.method == "POST" and form.is_valid():
        form.instance.send()
        messages.success(request, _("Your message is sent."), extra_tags=place)
        return redirect(reverse("blog:conversation", args=[other.username]) + "#write")
    between = Message.objects.between(request.user, other).select_related("sender", "recipient")
    shown, older = keyset.page(between, request.GET.get("before", ""), size=ON_A_PAGE)
    context = {"other": other, "said": shown[::-1], "older": older, "form": form, "draft": place}
    if any(message.recipient_id == request.user.pk and not message.read_at for message in shown):
        between.filter(recipient=request.user).mark_read()
    return render(request, "blog/conversation.html", context)
