import re

import pytest
from django.conf import settings


def test_a_large_body_gets_a_page_that_names_the_limit(alices):
    response = alices.post("/", {"body": "x" * 10_000_000})
    assert response.status_code == 413
    assert b"1.0\xc2\xa0MB" in response.content
    assert b"Sign out" in response.content


def test_just_below_the_limit_is_told_at_the_field(alices):
    response = alices.post("/", {"body": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE - 1_000)})
    assert response.status_code == 200
    assert response.context["form"].errors["body"]


@pytest.mark.django_db
def test_a_length_that_is_no_number_is_nothing_to_fall_over(client):
    assert client.get("/", CONTENT_LENGTH="x").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("charset", ["utf-7", "latin-1", "utf-16"])
def test_another_charset_gets_a_page_that_says_so(client, kind, charset):
    response = client.post("/", b"body=x", content_type=f"{kind}; boundary=b; charset={charset}")
    assert response.status_code == 400
    assert b"does not understand" in response.content


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/accounts/register/", "/nothing/"])
def test_the_content_security_policy_is_strict(client, address):
    policy = client.get(address)["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert_no_inline(client.get(address))


@pytest.mark.parametrize("address", ["/", "/@alice/", "/exports/", "/nothing/"])
def test_pages_of_mine_need_nothing_inline(alices, address):
    alices.post("/exports/")
    assert_no_inline(alices.get(address))


def assert_no_inline(response):
    page = response.content
    assert b"</html>" in page
    assert b"<style" not in page
    assert b" style=" not in page
    assert not re.search(rb"<[^>]* on[a-z]+=", page)
    assert not re.search(rb"<script(?![^>]* src=)", page)
