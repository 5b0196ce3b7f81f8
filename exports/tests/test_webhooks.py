"""Calling web servers of people, and whose it does not call."""

import hashlib
import hmac
import socket
import time
from threading import Thread

import pytest
from django.core.exceptions import ValidationError

from exports import webhooks
from exports.webhooks import Address
from tests.documents import blocks

from .receiver import NAME

SECRET = "whsec_secret"
BODY = b'{"id": 1}'


pytestmark = pytest.mark.usefixtures("names")


def call(url):
    return webhooks.call(url, BODY, SECRET)


class TestUrls:
    @pytest.mark.parametrize(
        ("url", "same"),
        [
            ("https://example.org", "https://example.org/"),
            ("HTTPS://Example.ORG:443/A?b=%20&C", "https://example.org/A?b=%20&C"),
            ("https://example.org.:8443/", "https://example.org:8443/"),
            ("https://bücher.example/", "https://xn--bcher-kva.example/"),
            ("https://雲。example/", "https://xn--op5a.example/"),
            ("https://[2606:4700:0::1111]/", "https://[2606:4700::1111]/"),
            ("https://1.1.1.1/?", "https://1.1.1.1/"),
            ("https://localhost.example/", "https://localhost.example/"),
            ("https://example.org?" + "a" * 479, "https://example.org/?" + "a" * 479),
        ],
    )
    def test_each_has_one_form(self, url, same):
        address = Address.of(url)
        assert str(address) == same
        assert Address.of(same) == address

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "x",
            "http://example.org/",
            "ftp://example.org/",
            "//example.org/",
            "https:example.org",
            "https:///path",
            "https://",
            "https://user@example.org/",
            "https://user:password@example.org/",
            "https://@example.org/",
            "https://example.org\\@localhost.example/",
            "https://example.org\\.localhost/",
            "https://example.org/#part",
            "https://example.org/a b",
            "https://example.org/\r\nHost: evil",
            "https://exam\tple.org/",
            " https://example.org/",
            "https://example.org/\0",
            "https://example.org/ü",
            "https://example.org:0/",
            "https://example.org:22/",
            "https://example.org:80/",
            "https://example.org:1023/",
            "https://example.org:65536/",
            "https://example.org:-1/",
            "https://example.org:x/",
            "https://exa_mple.org/",
            "https://example..org/",
            "https://.org/",
            "https://" + "a" * 64 + ".org/",
            "https://example.org/" + "a" * 500,
            "https://example.org?" + "a" * 480,  # too long in the form that is called
            "https://" + ".".join(["ü" * 20] * 4) + ".example/" + "a" * 380,
            "https://[::1",
            "https://[fe80::1%25eth0]/",
            "https://[2606:4700::1111%25eth0]/",
            "https://[2606:4700::1111%ü]/",
            # where nobody but us gets
            "https://localhost/",
            "https://localhost./",
            "https://LOCALHOST/",
            "https://a.localhost/",
            "https://intranet/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://127.0.0.1./",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0x7f.0.0.1/",
            "https://0177.0.0.1/",
            "https://017700000001/",
            "https://0/",
            "https://1.2.3/",
            "https://１２７.0.0.1/",
            "https://127。0。0。1/",
            "https://①②⑦.0.0.1/",
            "https://10.0.0.1/",
            "https://169.254.169.254/",
            "https://[::1]/",
            "https://[::]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
        ],
    )
    def test_what_can_not_be_one_is_refused(self, url):
        with pytest.raises(ValidationError):
            Address.of(url)


class TestPublic:
    @pytest.mark.parametrize(
        "address",
        ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"],
    )
    def test_what_is(self, address):
        assert webhooks.is_public(address)

    @pytest.mark.parametrize(
        "address",
        [
            "0.0.0.0",
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",  # metadata of a cloud
            "100.127.255.254",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",  # metadata of a cloud
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.254",
            "192.0.0.1",
            "192.0.0.192",  # metadata of a cloud
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b::169.254.169.254",
            "64:ff9b::168.63.129.16",
            "::ffff:192.0.0.192",
            "fd00:ec2::254",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:c0a8:101::1",
            "2002:a9fe:a9fe::",
            "4000::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fe80::1%1",
            "fec0::1",
            "ff02::1",
            "ff0e::1",
        ],
    )
    def test_what_is_not(self, address):
        assert not webhooks.is_public(address)


class TestCall:
    def test_it_works(self, receiver):
        answer = call(receiver.url)
        assert (answer.status, answer.error) == (200, "")
        assert 0 <= answer.duration_ms < 10_000
        ((head, body),) = receiver.requests
        assert body == BODY
        assert head.startswith("POST /hook?a=1 HTTP/1.1\r\n")
        assert f"Host: {NAME}:{receiver.port}\r\n" in head
        assert "Content-Type: application/json\r\n" in head
        assert receiver.names == [NAME]
        for never in ("Cookie", "Authorization", SECRET):
            assert never not in head

    def test_it_is_signed(self, receiver):
        call(receiver.url)
        ((head, body),) = receiver.requests
        said = head.partition("Microblog-Signature: ")[2].partition("\r\n")[0]
        moment, signature = (part.partition("=")[2] for part in said.split(","))
        assert abs(time.time() - int(moment)) < 10
        signed = f"{moment}.".encode() + body
        assert signature == hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()

    def test_an_ip_address_will_do(self, receiver):
        assert call(f"https://127.0.0.1:{receiver.port}/").status == 200

    def test_an_ip_address_of_version_6(self, receiver, monkeypatch):
        connect, connected = socket.create_connection, []

        def elsewhere(address, timeout):
            connected.append(address)
            return connect(("127.0.0.1", receiver.port), timeout)

        monkeypatch.setattr(socket, "create_connection", elsewhere)
        assert call("https://[::1]:8443/").status == 200
        assert connected == [("::1", 8443)]
        assert "Host: [::1]:8443\r\n" in receiver.requests[0][0]

    @pytest.mark.parametrize("status", [200, 201, 204, 299])
    def test_what_says_yes(self, receiver, status):
        receiver.answer = [b"HTTP/1.1 %d Fine\r\n\r\n" % status]
        assert call(receiver.url).error == ""

    @pytest.mark.parametrize("status", [300, 400, 404, 429, 500, 503])
    def test_what_says_no(self, receiver, status):
        receiver.answer = [b"HTTP/1.1 %d No\r\n\r\n" % status]
        answer = call(receiver.url)
        assert (answer.status, answer.error) == (status, "status")

    def test_what_is_gone_for_good(self, receiver):
        receiver.answer = [b"HTTP/1.1 410 Gone\r\n\r\n"]
        assert call(receiver.url).error == "gone"

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_redirects_are_not_followed(self, receiver, status):
        there = f"https://127.0.0.1:{receiver.port}/private"
        receiver.answer = [b"HTTP/1.1 %d There\r\nLocation: %b\r\n\r\n" % (status, there.encode())]
        assert call(receiver.url).error == "status"
        assert receiver.connections == 1

    def test_no_proxy_is_asked(self, receiver, monkeypatch):
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        assert call(receiver.url).status == 200

    def test_a_certificate_of_nobody_we_know(self, receiver, settings):
        settings.WEBHOOK_CA_FILE = ""
        assert call(receiver.url).error == "no_tls"
        assert not receiver.requests

    def test_a_certificate_for_another_name(self, receiver, names):
        names["other.example"] = [["127.0.0.1"]]
        assert call(f"https://other.example:{receiver.port}/").error == "no_tls"
        assert not receiver.requests

    def test_who_does_not_speak_tls(self, settings):
        settings.WEBHOOK_ALLOW_PRIVATE = True
        with socket.create_server(("127.0.0.1", 0)) as server:

            def answer():
                connection, _ = server.accept()
                with connection:
                    connection.recv(1)
                    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

            Thread(target=answer, daemon=True).start()
            assert call(f"https://{NAME}:{server.getsockname()[1]}/").error == "no_tls"

    def test_who_is_not_there(self, settings):
        settings.WEBHOOK_ALLOW_PRIVATE = True
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        assert call(f"https://{NAME}:{port}/").error == "no_connection"

    def test_a_name_that_nobody_knows(self, names):
        names[NAME] = [[]]
        assert call(f"https://{NAME}/").error == "no_address"

    @pytest.mark.parametrize(
        "answer",
        [b"", b"hello\r\n\r\n", b"HTTP/9 x\r\n\r\n", b"HTTP/1.1 99 \r\n\r\n", b"\0" * 100],
    )
    def test_what_is_no_http(self, receiver, answer):
        receiver.answer = [answer]
        assert call(receiver.url).error == "no_http"

    @pytest.mark.parametrize(
        "answer",
        [
            [b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 20_000],
            [b"HTTP/1.1 200 OK\r\n"] + [b"X-A: a\r\n"] * 5_000,
            [b"HTTP/1.1 100 Continue\r\n\r\n"] * 5_000,
        ],
    )
    def test_heads_without_end_are_not_read_to_it(self, receiver, answer):
        receiver.answer = answer
        assert call(receiver.url).error == "no_http"

    def test_of_a_huge_answer_nothing_is_read(self, receiver):
        sent = []

        def pieces():
            yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
            for number in range(1000):
                sent.append(number)
                yield b"a" * 1_000_000

        receiver.answer = pieces()
        assert call(receiver.url).status == 200
        assert len(sent) < 100

    @pytest.mark.parametrize("how", ["hang", "drip", "hands"])
    def test_who_is_slow_is_left(self, receiver, monkeypatch, how):
        monkeypatch.setattr(webhooks, "SECONDS", 0.5)
        receiver.shakes_hands = how != "hands"
        receiver.answer = receiver.hang() if how == "hang" else receiver.drip()
        begun = time.monotonic()
        assert call(receiver.url).error == "too_slow"
        assert time.monotonic() - begun < 5

    def test_nobody_waits_for_what_comes_after_the_head(self, receiver):
        receiver.answer = receiver.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
        assert call(receiver.url).status == 200


class TestGenuine:
    """What docs/how-to/be-told-by-a-webhook.md tells people to do with a signature."""

    @pytest.fixture
    def is_genuine(self):
        (code,) = (
            each for each in blocks("how-to/be-told-by-a-webhook.md") if each.language == "python"
        )
        names = {}
        exec(code.text, names)
        return names["is_genuine"]

    def test_what_is_ours(self, is_genuine):
        assert is_genuine(webhooks.sign(SECRET, BODY, int(time.time())), BODY, SECRET)

    def test_what_is_not(self, is_genuine):
        now = int(time.time())
        good = webhooks.sign(SECRET, BODY, now)
        assert not is_genuine(good, BODY + b" ", SECRET)
        assert not is_genuine(good, BODY, SECRET + "x")
        assert not is_genuine(good.replace(f"t={now}", f"t={now - 1}"), BODY, SECRET)
        assert not is_genuine(webhooks.sign(SECRET, BODY, now - 301), BODY, SECRET)
        for header in ("", "t=1", f"t={now},v1=", f"t={now}", "v1=1", "t=²,v1=ü", ",,="):
            assert not is_genuine(header, BODY, SECRET)


class TestPrivate:
    """What is only for us to reach is not called."""

    @pytest.fixture
    def connected(self, monkeypatch, receiver, settings):
        """The addresses that were connected to; whatever it is, our receiver answers."""
        settings.WEBHOOK_ALLOW_PRIVATE = False
        connected, connect = [], socket.create_connection

        def record(address, timeout):
            connected.append(address[0])
            return connect(("127.0.0.1", receiver.port), timeout)

        monkeypatch.setattr(socket, "create_connection", record)
        return connected

    def test_what_is_public_is_called_at_the_address_that_was_checked(
        self, connected, names, receiver
    ):
        names[NAME] = [["93.184.216.34"], ["127.0.0.1"]]  # DNS rebinding
        assert call(receiver.url).status == 200
        assert connected == ["93.184.216.34"]
        assert names.asked == (NAME,)
        assert receiver.names == [NAME]  # and it has to be its certificate

    def test_the_next_time_it_is_checked_again(self, connected, names, receiver):
        names[NAME] = [["93.184.216.34"], ["127.0.0.1"]]
        assert [call(receiver.url).error for _ in range(2)] == ["", "not_public"]
        assert connected == ["93.184.216.34"]

    @pytest.mark.parametrize(
        "ips",
        [
            ["127.0.0.1"],
            ["10.0.0.1"],
            ["169.254.169.254"],
            ["100.64.0.1"],
            ["::1"],
            ["::ffff:127.0.0.1"],
            ["93.184.216.34", "127.0.0.1"],
            ["2606:4700::1111", "fd00::1"],
        ],
    )
    def test_what_is_not_is_not_even_when_only_one_is_not(self, connected, names, receiver, ips):
        names[NAME] = [ips]
        answer = call(receiver.url)
        assert (answer.status, answer.error) == (None, "not_public")
        assert not connected

    def test_a_redirect_to_it_leads_nowhere(self, connected, names, receiver):
        names[NAME] = [["93.184.216.34"]]
        receiver.answer = [b"HTTP/1.1 307 X\r\nLocation: https://127.0.0.1/\r\n\r\n"]
        assert call(receiver.url).error == "status"
        assert connected == ["93.184.216.34"]

    @pytest.mark.parametrize(
        "url", ["https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://a/"]
    )
    def test_what_was_allowed_once_is_not_any_more(self, connected, url):
        assert call(url).error == "not_public"
        assert not connected

    def test_the_first_that_answers_is_taken(self, names, receiver, settings, monkeypatch):
        settings.WEBHOOK_ALLOW_PRIVATE = False
        names[NAME] = [["93.184.216.34", "1.1.1.1"]]
        connect = socket.create_connection

        def one_is_down(address, timeout):
            if address[0] == "93.184.216.34":
                raise ConnectionRefusedError
            return connect(("127.0.0.1", receiver.port), timeout)

        monkeypatch.setattr(socket, "create_connection", one_is_down)
        assert call(receiver.url).status == 200


def test_the_words_for_what_went_wrong_are_all_there():
    codes = {
        value for name, value in vars(webhooks).items() if name.isupper() and isinstance(value, str)
    }
    assert codes == set(webhooks.WORDS)
