"""What people do about one another."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from blog import keyset, people


@login_required
def follow(request, username):
    person = _active(username)
    if request.method != "POST":  # who comes here from the sign-in
        pass
    elif person == request.user:
        messages.info(request, _("Your own posts are on your home page anyway."))
    elif not people.follow(request.user, person):
        messages.error(request, _("You can't follow @%(name)s.") % {"name": person.username})
    return redirect(person)


@login_required
@require_POST
def remove_follower(request, username):
    request.user.followers.remove(_anybody(username))
    return redirect("blog:followers", request.user.username)


def _view_that(act):
    """A view by which the reader does `act(reader, person)` to somebody else; twice is once."""

    @login_required
    def view(request, username):
        person = _anybody(username)
        if request.method == "POST" and person != request.user:
            act(request.user, person)
        return redirect(person)  # also who comes here from the sign-in, by GET

    return view


unfollow = _view_that(lambda reader, person: reader.follows.remove(person))
mute = _view_that(lambda reader, person: reader.mutes.add(person))
unmute = _view_that(lambda reader, person: reader.mutes.remove(person))
block = _view_that(lambda reader, person: reader.block(person))
unblock = _view_that(lambda reader, person: reader.blocks.remove(person))


@login_required
@require_safe
def hidden(request):
    """Whom the reader has muted or blocked, latest first; each list has pages of its own."""
    reader, context = request.user, {}
    lists = {"muted": people.muted_by(reader), "blocked": people.blocked_by(reader)}
    for name, rows in lists.items():
        context[name], context[f"{name}_older"] = keyset.page(rows, request.GET.get(name, ""))
    return render(request, "blog/hidden.html", context)


@require_safe
def followers(request, username):
    person = _active(username)
    follows = person.followed_by.values("id", person_id=F("follower"))
    return _list(request, "blog/followers.html", person, follows)


@require_safe
def following(request, username):
    person = _active(username)
    follows = person.following.values("id", person_id=F("followed"))
    return _list(request, "blog/following.html", person, follows)


@require_safe
def card(request, username):
    """What shows when one lingers on a name."""
    person = get_object_or_404(people.named(request.user, username))
    return render(request, "blog/_card.html", {"person": person})


def _list(request, template, person, follows):
    """One page of the people at the other end of the follows, latest first."""
    rows, older = keyset.page(follows, request.GET.get("before", ""))
    pks = [row["person_id"] for row in rows]
    seen = people.with_bonds_to(request.user).seen_by(request.user).in_bulk(pks)
    shown = [seen[pk] for pk in pks if pk in seen]
    context = {"person": person, "people": shown, "older": older}
    return render(request, template, context | {"is_own": person == request.user})


def _anybody(username):
    return get_object_or_404(User.objects.named(username))


def _active(username):
    return get_object_or_404(User.objects.active().named(username))
