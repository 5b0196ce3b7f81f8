"""Services that translate, and the page of a post with its translation."""

import json
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from itertools import islice

import pytest

from blog import translators
from blog.models import Post, Translation
from blog.translators import Azure, LibreTranslate, TranslationFailed
from microblog.valkey import free_port
from tests.translation import LIBRE, Service


@pytest.fixture
def post(bob):
    return Post.objects.create(author=bob, body="Buenos días a todos", language="es")


@pytest.fixture
def address(post):
    return f"/posts/{post.pk}/translation/"


class TestServices:
    @pytest.mark.parametrize(
        ("source", "target", "asked"), [("es", "en", ("es", "en")), ("no", "zh-hant", ("nb", "zt"))]
    )
    def test_libretranslate_is_asked_in_its_way(self, service, source, target, asked):
        libre = LibreTranslate(f"{service.url}/", key="secret")
        assert libre.translate("Hola", source, target) == "Good morning to all"
        ((path, _, question),) = service.questions
        assert path == "/translate"
        assert question == {
            "q": "Hola",
            "source": asked[0],
            "target": asked[1],
            "format": "text",
            "api_key": "secret",
        }

    @pytest.mark.parametrize(
        ("source", "target", "asked"),
        [
            ("es", "en", "api-version=3.0&from=es&to=en"),
            ("zh", "en", "api-version=3.0&to=en"),
            ("en", "zh-hant", "api-version=3.0&from=en&to=zh-Hant"),
        ],
    )
    def test_azure_is_asked_in_its_way(self, service, source, target, asked):
        said = [{"translations": [{"text": "早安", "to": target}]}]
        service.answer = 200, [json.dumps(said).encode()]
        assert (
            Azure(service.url, key="secret", region="here").translate("x", source, target) == "早安"
        )
        ((path, headers, question),) = service.questions
        assert path == f"/translate?{asked}"
        assert headers["Ocp-Apim-Subscription-Key"] == "secret"
        assert headers["Ocp-Apim-Subscription-Region"] == "here"
        assert question == [{"Text": "x"}]

    @pytest.mark.parametrize("service_class", [LibreTranslate, Azure])
    @pytest.mark.parametrize(
        "answer",
        [
            (500, [b"{}"]),
            (200, [b""]),
            (200, [b"<html>"]),
            (200, [b"[]"]),
            (200, [b"null"]),
            (200, [b'{"translatedText": null}']),
            (200, [b'{"translatedText": ["a"]}']),
            (200, [b'{"translatedText": " "}']),
            (200, [b'{"translatedText": "\\u0000"}']),
            (200, [b'{"translatedText": "\\ud800"}']),
            (200, [b'[{"translations": []}]']),
            (200, [b'[{"translations": [{"text": 5}]}]']),
            (200, [b" " * 200_000]),
            (302, [b""]),
        ],
        ids=lambda answer: f"{answer[0]} {answer[1][0][:40]}",
    )
    def test_junk_is_no_translation(self, service, caplog, service_class, answer):
        service.answer = answer
        with pytest.raises(TranslationFailed):
            service_class(service.url, key="secret").translate("Hola", "es", "en")
        assert f"{service_class.name} at {service.url} does not translate" in caplog.text
        assert "secret" not in caplog.text

    @pytest.mark.parametrize("way", [Service.hang, Service.drip])
    def test_a_slow_one_is_not_waited_for(self, service, monkeypatch, way):
        monkeypatch.setattr(translators, "TIMEOUT", 0.3)
        service.answer = 200, partial(way, service)
        started = time.monotonic()
        with pytest.raises(TranslationFailed):
            LibreTranslate(service.url).translate("Hola", "es", "en")
        assert time.monotonic() - started < 3

    def test_after_a_silence_it_is_not_asked_for_a_while(self, service, monkeypatch):
        monkeypatch.setattr(translators, "TIMEOUT", 0.3)
        service.answer = 200, service.hang
        libre = LibreTranslate(service.url)
        for _ in range(3):
            with pytest.raises(TranslationFailed):
                libre.translate("Hola", "es", "en")
        assert len(service.questions) == 1
        service.answer = 200, [LIBRE]
        now = time.monotonic()
        monkeypatch.setattr(translators.time, "monotonic", lambda: now + translators.REST)
        assert libre.translate("Hola", "es", "en") == "Good morning to all"

    def test_an_answer_that_is_none_is_no_reason_to_rest(self, service):
        service.answer = 500, [b""]
        for _ in range(2):
            with pytest.raises(TranslationFailed):
                LibreTranslate(service.url).translate("Hola", "es", "en")
        assert len(service.questions) == 2

    def test_one_that_hangs_holds_only_so_many_at_once(self, service):
        service.answer = 200, service.hang
        libre = LibreTranslate(service.url)
        with ThreadPoolExecutor(5) as threads:
            asked = [threads.submit(libre.translate, "Hola", "es", "en") for _ in range(5)]
            refused = list(islice(as_completed(asked), 5 - translators.AT_ONCE))
            assert all(isinstance(each.exception(), TranslationFailed) for each in refused)
            assert sum(not each.done() for each in asked) == translators.AT_ONCE
            service.ended.set()

    def test_one_that_is_not_there_fails(self):
        with pytest.raises(TranslationFailed):
            LibreTranslate(f"http://127.0.0.1:{free_port()}").translate("Hola", "es", "en")


class TestPage:
    def test_it_is_asked_once(self, service, alices, post, address):
        for _ in range(2):
            response = alices.get(address)
            assert response.status_code == 200
            assert "Good morning to all" in response.text
            assert "Translated from Spanish" in response.text
        assert len(service.questions) == 1

    def test_each_language_has_its_own(self, service, alices, alice, post, address):
        alices.get(address)
        alice.language = "zh-hant"
        alice.save()
        assert "Good morning to all" in alices.get(address).text
        assert [question["target"] for _, _, question in service.questions] == ["en", "zt"]

    def test_what_was_edited_is_asked_anew(self, service, alices, post, address):
        alices.get(address)
        post.revise("", "Buenas noches a todos ustedes")
        alices.get(address)
        assert [question["q"] for _, _, question in service.questions] == [
            "Buenos días a todos",
            "Buenas noches a todos ustedes",
        ]

    def test_what_is_edited_meanwhile_is_not_kept(self, service, post, monkeypatch):
        class Slow(LibreTranslate):
            def translate(self, *asked):
                Post.objects.get(pk=post.pk).revise("", "Buenas noches a todos ustedes")
                return "Good morning"

        monkeypatch.setitem(translators.KINDS, "libretranslate", Slow)
        assert post.translated("en") == "Good morning"
        assert not Translation.objects.exists()

    def test_markup_in_it_is_text(self, service, alices, address):
        service.answer = 200, [b'{"translatedText": "<script>alert(1)</script>"}']
        assert "<script>alert" not in alices.get(address).text

    def test_a_failure_has_words_and_a_way_on(self, service, alices, address):
        service.answer = 500, [b""]
        response = alices.get(address)
        assert response.status_code == 503
        assert "does not answer" in response.text
        assert "Try again" in response.text
        assert not Translation.objects.exists()

    def test_visitors_are_asked_who_they_are(self, service, client, address):
        assert client.get(address)["Location"].startswith("/accounts/login/")
        assert not service.questions

    @pytest.mark.parametrize("language", ["en", ""])
    def test_what_needs_none_has_no_link(self, service, alices, post, address, language):
        Post.objects.update(language=language)
        assert "Translate" not in alices.get(post.get_absolute_url()).text
        assert alices.get(address)["Location"] == post.get_absolute_url()
        assert not service.questions

    def test_without_a_service_there_is_no_link(self, settings, alices, post, address):
        assert settings.TRANSLATOR == ""
        assert "Translate" not in alices.get(post.get_absolute_url()).text
        assert alices.get(address)["Location"] == post.get_absolute_url()

    def test_who_is_blocked_gets_none(self, service, alices, alice, bob, address):
        bob.blocks.add(alice)
        assert alices.get(address).status_code == 404
        assert not service.questions
