"""Private messages."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from blog import drafts, keyset
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
    of_the_gone = request.user.messages.filter(sender=None).unread().count()
    context = {"conversations": shown, "older": older, "of_the_gone": of_the_gone}
    return render(request, "blog/messages.html", context)


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


@drafts.login_required
@require_http_methods(["GET", "HEAD", "POST"])
def conversation(request, username):
    """What the reader and another one said to each other. Read by that."""
    other = get_object_or_404(User.objects.named(username))
    between = Message.objects.between(request.user, other).select_related("sender", "recipient")
    if not other.is_active and not between.exists():
        raise Http404
    place = f"message-{other.pk}"  # of the draft in the browser; a message of this tag ends it
    message = Message(sender=request.user, recipient=other)
    form = MessageForm(request.POST or None, instance=message, initial=drafts.take(request))
    if request.method == "POST" and form.is_valid():
        message.send()
        messages.success(request, _("Your message is sent."), extra_tags=place)
        return redirect(reverse("blog:conversation", args=[other.username]) + "#write")
    shown, older = keyset.page(between, request.GET.get("before", ""), size=ON_A_PAGE)
    context = {"other": other, "said": shown[::-1], "older": older, "form": form, "draft": place}
    if any(message.recipient_id == request.user.pk and not message.read_at for message in shown):
        between.filter(recipient=request.user, pk__lte=shown[0].pk).mark_read()
    return render(request, "blog/conversation.html", context)
