"""Web servers of people that are told of their exports, and what became of each telling."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exports.forms import WebhookForm
from exports.models import Delivery, Webhook
from tasks.registry import Refused

NEW = "new_webhook"  # in a session: the id of one whose secret is to be shown


@sensitive_post_parameters("url")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def webhooks(request):
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (webhook := form.register(request.user)):
        request.session[NEW] = str(webhook.pk)
        return redirect("exports:webhook", webhook.pk)
    mine = request.user.webhooks.with_standing().with_last_delivery()
    context = {"form": form, "webhooks": mine, "most": Webhook.MOST}
    return render(request, "exports/webhooks.html", context)


@login_required
@require_safe
@cache_control(private=True, no_store=True)
def webhook(request, hook):
    """Of a new one, the first time, its secret, which is on no other page."""
    webhook = get_object_or_404(request.user.webhooks.with_standing(), pk=hook)
    if request.method == "GET" and request.session.get(NEW) == str(hook):
        del request.session[NEW]
        return render(request, "exports/new_webhook.html", {"webhook": webhook, "shown_once": True})
    deliveries, older = webhook.deliveries.page(request.GET.get("before", ""))
    context = {
        "webhook": webhook,
        "deliveries": deliveries,
        "older": older,
        "is_moving": any(each.state == Delivery.State.PENDING for each in deliveries),
        "kept_days": settings.KEEP_DELIVERIES_DAYS,
    }
    return render(request, "exports/webhook.html", context)


@login_required
@require_POST
def ping(request, hook):
    return _call(request, hook, get_object_or_404(request.user.webhooks, pk=hook).ping)


@login_required
@require_POST
def redeliver(request, hook, delivery):
    webhook = get_object_or_404(request.user.webhooks, pk=hook)
    return _call(request, hook, get_object_or_404(webhook.deliveries, pk=delivery).redeliver)


def _call(request, hook, begin):
    """Have it called, by `begin()`, and lead to where one sees what comes of it."""
    try:
        begin()
    except Refused as refusal:
        messages.error(request, refusal.words)
    else:
        messages.info(request, _("It is called in a moment. What comes of it shows below."))
    return redirect("exports:webhook", hook)


@login_required
@require_POST
def enable(request, hook):
    get_object_or_404(request.user.webhooks, pk=hook).change(active=True)
    return redirect("exports:webhook", hook)


@login_required
@require_POST
def disable(request, hook):
    get_object_or_404(request.user.webhooks, pk=hook).change(active=False)
    return redirect("exports:webhook", hook)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def delete(request, hook):
    webhook = get_object_or_404(request.user.webhooks.with_standing(), pk=hook)
    if request.method != "POST":
        return render(request, "exports/delete_webhook.html", {"webhook": webhook})
    webhook.delete()
    messages.success(request, _("The webhook is deleted."))
    return redirect("exports:webhooks")
