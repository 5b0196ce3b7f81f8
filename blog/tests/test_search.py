import pytest
from django.core.management import call_command
from django.db import transaction

from blog import search
from blog.models import Post


def write(author, body, **fields):
    return Post.objects.create(author=author, body=body, **fields)


def found(query):
    return [post.body for post in search.find_posts(query, Post.objects.all())]


def found_people(query, people):
    return [person.username for person in search.find_people(query, people.objects.all())]


def test_all_words_have_to_be_there_in_any_form(alice):
    write(alice, "I was running along the river")
    write(alice, "Two rivers")
    assert found("run river") == ["I was running along the river"]
    assert len(found("river")) == 2
    assert found("river sea") == []


def test_titles_count(alice):
    write(alice, "words", title="Canciones")
    assert found("canción") == ["words"]


def test_two_characters_of_chinese_are_enough(alice):
    write(alice, "今天的雲很低")
    write(alice, "天今")
    assert found("今天") == ["今天的雲很低"]
    assert len(found("天")) == 2


def test_a_syllable_of_korean_is_found_and_what_is_not_there_is_not(alice):
    write(alice, "강아지 산책")
    assert len(found("강")) == len(found("산")) == len(found("강아지")) == 1
    assert found("가") == []


@pytest.mark.parametrize("odd", ["・", "ﹰ", "ﾞ", "゛", "\ufe70", "・・"])
def test_what_has_no_letter_is_not_looked_for(alice, odd):
    write(alice, f"test {odd}")
    assert len(found(f"test {odd}")) == 1
    assert found(odd) == []


def test_those_who_may_not_be_seen_crowd_out_nobody(alice, bob):
    write(alice, "castle")
    Post.objects.add([Post(author=bob, body="castle") for _ in range(search.BEST + 20)])
    assert len(found("castle")) == search.BEST
    type(bob).objects.filter(pk=bob.pk).update(is_active=False)
    seen = search.find_posts("castle", Post.objects.seen_by(alice))
    assert [post.author for post in seen] == [alice]


def test_who_says_it_more_ranks_first(alice):
    write(alice, "parrot parrot parrot")
    write(alice, "a parrot among many other words that are about something else, and still more")
    assert found("parrot")[0] == "parrot parrot parrot"


def test_it_is_in_step_with_edits_and_deletions(alice):
    post = write(alice, "before")
    post.body = "after"
    post.save()
    assert (found("before"), found("after")) == ([], ["after"])
    post.deleted_at = post.timestamp
    post.save()
    assert search.find_posts("after", Post.with_deleted.all()) == []
    post.deleted_at = None
    post.save()
    assert found("after") == ["after"]
    Post.objects.all().delete()
    again = Post(pk=post.pk, author=alice, body="x")
    Post.objects.bulk_create([again])
    assert found("after") == []


def test_what_is_rolled_back_is_not_found(alice):
    post = write(alice, "kept")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        post.body = "dropped"
        post.save()
        raise ZeroDivisionError
    assert found("kept") == ["kept"]
    assert found("dropped") == []


def test_the_posts_of_a_deleted_person_go(alice):
    write(alice, "mine")
    alice.delete()
    assert found("mine") == []


def test_people_are_found_by_names_and_words_and_beginnings(alice, bob, django_user_model):
    alice.display_name, alice.about = "Alicia Köhler", "Likes gardening"
    alice.save()
    for query in ("alice", "ali", "kohler", "Alicia", "gardens"):
        assert found_people(query, django_user_model) == ["alice"]
    alice.is_active = False
    alice.save()
    assert found_people("alice", django_user_model) == []


def test_reindex_mends_what_is_out_of_step(alice, capsys):
    post = write(alice, "findable")
    search.forget_posts([post.pk])
    search.database().put(search.POSTS, [(post.pk + 99, ["ghost"])])
    deleted = write(alice, "gone")
    Post.objects.filter(pk=deleted.pk).update(deleted_at=post.timestamp)
    call_command("reindex")
    assert found("findable") == ["findable"]
    assert search.database().find(search.POSTS, [{"ghost"}], begun=False) == []
    assert search.database().find(search.POSTS, [{"gone"}], begun=False) == []
    assert "can be found" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_a_flush_empties_the_index_too(alice):
    write(alice, "gone")
    call_command("flush", interactive=False, verbosity=0)
    assert search.database().find(search.POSTS, [{"gone"}], begun=False) == []
    assert search.database().find(search.PEOPLE, [{"alic"}], begun=False) == []


class TestPage:
    def test_it_shows_posts_and_people_with_marks(self, client, alice):
        alice.about = "I keep parrots"
        alice.save()
        write(alice, "A parrot & me")
        page = client.get("/search/", {"q": "parrots"}).content.decode()
        assert "A <mark>parrot</mark> &amp; me" in page
        assert "I keep <mark>parrots</mark>" in page
        assert 'value="parrots"' in page

    def test_of_people_the_beginning_of_a_word_is_marked_too(self, client, alice):
        alice.display_name = "Alicia"
        alice.save()
        write(alice, "Alibi and aliens")
        page = client.get("/search/", {"q": "ali"}).content.decode()
        assert "<mark>Alicia</mark>" in page
        assert "@<mark>alice</mark>" in page
        assert "<mark>Alibi" not in page  # of posts, whole words are found

    def test_of_whom_the_reader_is_apart_nothing_is_found(self, alices, alice, bob):
        write(bob, "parrot")
        alice.block(bob)
        assert "has all of these words" in alices.get("/search/?q=parrot").content.decode()

    @pytest.mark.parametrize(
        "query",
        ["", '"', "a OR", "NEAR(", "*", "'; DROP", "\0", "x" * 10_000, "-", "🦜", ":*", "\\"],
    )
    @pytest.mark.parametrize("page", ["1", "x", "-5", "99999"])
    def test_odd_input_is_no_error(self, query, page, client, alice):
        assert client.get("/search/", {"q": query, "page": page}).status_code == 200

    @pytest.mark.parametrize("rows", [1, 60])
    def test_queries(self, rows, alices, alice, django_assert_max_num_queries):
        for number in range(rows):
            write(alice, f"alice {number}")
        with django_assert_max_num_queries(8):
            page = alices.get("/search/?q=alice")
        assert len(page.context["page"]) == min(rows, 20)

    def test_more_matches_are_a_click_away(self, client, alice):
        for number in range(21):
            write(alice, f"parrot {number}")
        page = client.get("/search/?q=parrot").content.decode()
        assert "?q=parrot&amp;page=2" in page
        assert len(client.get("/search/?q=parrot&page=2").context["page"]) == 1
