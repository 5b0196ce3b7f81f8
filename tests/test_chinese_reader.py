"""Somebody who reads Chinese alone meets no English word of ours: not on the way of the main job,
which they walk in a browser, and not behind any other address that is for people."""

import re
import zipfile

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from blog import people
from blog.models import Message, Notification, Post
from conftest import PASSWORD, make_person
from exports.models import Export
from tasks import registry
from tasks.registry import declared, get_job

from .everything import Site, routes
from .reading import Reading, latin_words

POEMS = [
    "床前明月光，疑是地上霜。舉頭望明月，低頭思故鄉。",
    "春眠不覺曉，處處聞啼鳥。夜來風雨聲，花落知多少。",
    "白日依山盡，黃河入海流。欲窮千里目，更上一層樓。",
    "千山鳥飛絕，萬徑人蹤滅。孤舟簑笠翁，獨釣寒江雪。",
    "空山不見人，但聞人語響。返景入深林，復照青苔上。",
    "松下問童子，言師採藥去。只在此山中，雲深不知處。",
]

# Names, which are the same in every language.
NAMES = {
    "Microblog",  # of the site
    *("English", "Español"),  # languages, which call themselves so where one chooses
    *("UTC", "GMT", "CST"),  # what Django calls the reader's time zone
    *("ActivityStreams", "Atom", "CSV", "Hugo", "JSON", "Feed", "Lines", "Markdown", "Mastodon"),
    *("ZIP", "HTML", "SHA-256", "HMAC-SHA256", "OpenAPI"),  # formats, and programs that read them
    *("GIF", "JPEG", "PNG", "WebP"),  # pictures
    *("API", "HTTP", "HTTPS", "POST", "URL", "Webhook", "Cookie", "ID"),  # as one says in Chinese
    *("MB", "KB", "GB"),  # units
    *("A", "Z"),  # the letters of user names
    *("t", "v1", "id"),  # of the signature of a webhook
    *("p50", "p95", "Redis"),  # on the board
    "Coyhaique",  # a city of which Unicode knows nothing yet
}


class Reader:
    """A person at a page: `read()` looks at all that it says."""

    def __init__(self, page, names):
        self.page, self.names = page, NAMES | names
        self.met = {}  # English words, by the text that they are in

    def read(self):
        self.take_in(self.page.title(), Reading(self.page.content()))

    def take_in(self, where, reading):
        assert reading.languages[:1] in ([], ["zh-hant"]), where  # posts say their own
        for text in reading.said:
            if words := latin_words(text, self.names):
                self.met[f"{where}: {text}"] = words

    def open(self, path):
        self.page.goto(path)
        self.read()

    def press(self, name):
        with self.page.expect_navigation(timeout=60_000):
            self.page.get_by_role("main").get_by_role("button", name=name, exact=True).click()
        self.read()

    def send_empty(self, name):
        """Without the browser's own checks, which say what they like."""
        trusting = "forms => forms.forEach(form => form.noValidate = true)"
        self.page.locator("main form").evaluate_all(trusting)
        self.press(name)

    def take_in_mail(self, mail):
        self.take_in("Subject", Reading(mail["Subject"]))
        for kind in ("plain", "html"):
            text = mail.get_body((kind,)).get_content()
            self.take_in(kind, Reading(text if kind == "html" else text.replace("<", "&lt;")))


@pytest.fixture
def page(browser, live_server):
    """A browser as it is sold in Taipei."""
    context = browser.new_context(
        base_url=live_server.url, locale="zh-TW", timezone_id="Asia/Taipei", accept_downloads=True
    )
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def friend(transactional_db):
    """Who has written something already, and reads Chinese too."""
    friend = make_person("mei")
    friend.display_name, friend.about, friend.language = "小梅", "寫詩的人。", "zh-hant"
    friend.mail_messages = True
    friend.save()
    for poem in POEMS[:2]:
        Post(author=friend, body=poem).publish()
    return friend


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_whole_main_job(page, friend, start_qcluster, smtp, tmp_path, mailoutbox):
    reader = Reader(page, {"mei", "lan", "sha256sum", "c"})
    look_around(reader)
    register(reader)
    lan = get_user_model().objects.get(username="lan")
    with start_qcluster(EXPORT_POSTS_PER_SECOND=1):
        write(reader, lan)
        talk(reader, friend, lan)
        reader.take_in_mail(smtp.mails.get(timeout=180))
        change_settings(reader, mailoutbox)
        export = take_out(reader)
        reader.take_in_mail(smtp.mails.get(timeout=180))
    open_archive(reader, export, tmp_path)
    go_wrong(reader)
    page.goto("/")
    page.locator("summary", has_text="的選單").click()
    page.get_by_role("button", name="登出").click()
    expect(page.get_by_role("link", name="建立帳號")).to_be_visible()
    reader.read()
    assert not reader.met


def look_around(reader):
    """As a visitor."""
    for path in ("/", "/explore/", "/search/", "/search/?q=明月", "/search/?q=沒有", "/@mei/"):
        reader.open(path)
    reader.open("/accounts/login/")
    reader.page.get_by_label("使用者名稱").fill("mei")
    reader.page.get_by_label("密碼").fill("不對的密碼")
    reader.press("登入")
    expect(reader.page.get_by_role("alert")).to_be_visible()
    reader.send_empty("登入")
    reader.open("/accounts/password-reset/")


def register(reader):
    page = reader.page
    reader.open("/accounts/register/")
    reader.send_empty("註冊")
    page.get_by_label("使用者名稱").fill("mei")
    page.get_by_label("電子郵件地址").fill("mei@example.com")
    page.get_by_label("密碼", exact=True).fill("12345")
    page.get_by_label("密碼確認").fill("54321")
    reader.press("註冊")
    expect(page.get_by_text("這個使用者名稱已有人使用，請換一個。").last).to_be_visible()
    page.get_by_label("使用者名稱").fill("lan")
    page.get_by_label("電子郵件地址").fill("lan@example.com")
    page.get_by_label("密碼", exact=True).fill(PASSWORD)
    page.get_by_label("密碼確認").fill(PASSWORD)
    reader.press("註冊")
    expect(page.get_by_text("歡迎，lan！")).to_be_visible()


def write(reader, lan):
    page = reader.page
    reader.send_empty("發布")
    for poem in POEMS[2:4]:
        page.locator("#id_body").fill(poem)
        reader.press("發布")
        expect(page.get_by_text("貼文已發布。")).to_be_visible()
    post = Post.objects.filter(author=lan).latest("pk")
    reader.open(f"/posts/{post.pk}/edit/")
    page.locator("#id_body").fill(POEMS[0])
    reader.press("儲存")
    reader.open(f"/posts/{post.pk}/history/")
    reader.open(f"/posts/{post.pk}/delete/")
    reader.press("刪除")
    reader.press("復原")
    reader.open(f"/posts/{post.pk}/")
    page.locator("#id_body").fill("說得好。")
    reader.press("回覆")


def talk(reader, friend, lan):
    page = reader.page
    reader.open("/@mei/")
    reader.press("追蹤")
    reader.open("/messages/@mei/")
    reader.send_empty("送出")
    page.locator("#id_body").fill("你好，小梅。")
    reader.press("送出")
    people.follow(friend, lan)
    Post(author=friend, body="@lan 早安。").publish()
    Message(sender=friend, recipient=lan, body="你好，阿蘭。").send()
    for path in ("/", "/messages/", "/messages/@mei/", "/messages/sent/", "/notifications/"):
        reader.open(path)
    assert Notification.objects.filter(recipient=lan).count() >= 2


def change_settings(reader, mailoutbox):
    page = reader.page
    reader.open("/accounts/profile/")
    page.get_by_label("名稱", exact=True).fill("阿蘭")
    reader.press("儲存")
    reader.open("/accounts/settings/")
    page.get_by_label("時區").select_option("紐約")
    reader.press("儲存")
    page.get_by_label("時區").select_option("台北")
    reader.press("儲存")
    reader.open("/accounts/email/")
    reader.send_empty("把連結寄給我")
    page.get_by_label("新的電子郵件地址").fill("alan@example.com")
    page.get_by_label("你的密碼").fill(PASSWORD)
    reader.press("把連結寄給我")
    for mail in mailoutbox:
        reader.take_in("Subject", Reading(mail.subject))
        reader.take_in("plain", Reading(mail.body))
        for alternative in mail.alternatives:
            reader.take_in("html", Reading(alternative.content))
    (asked,) = (mail for mail in mailoutbox if mail.to == ["alan@example.com"])
    reader.open(re.search(r"/accounts/email/\S+", asked.body)[0])
    reader.press("好，變更")


def take_out(reader):
    """The whole archive; and watch how it goes on."""
    page = reader.page
    reader.open("/exports/")
    page.get_by_label("內容").first.select_option("archive")
    reader.press("匯出我的貼文")
    expect(page.locator(".task-percent").first).to_be_visible(timeout=60_000)
    reader.read()
    expect(page.get_by_text("完成。").first).to_be_visible(timeout=60_000)
    reader.read()
    export = Export.objects.get()
    reader.open(f"/exports/{export.pk}/")
    return export


def open_archive(reader, export, tmp_path):
    page = reader.page
    with page.expect_download() as download:
        page.get_by_role("link", name=f"下載 {export.file_name}").click()
    file = tmp_path / "archive.zip"
    download.value.save_as(file)
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path)
        about = archive.read("README.txt").decode()
    reader.take_in("README.txt", Reading(about))
    reader.open((tmp_path / "index.html").as_uri())
    expect(page.get_by_text(POEMS[2])).to_be_visible()
    reader.open("/exports/verify/")
    reader.send_empty("驗證")
    page.get_by_label("封存檔").set_input_files(file)
    reader.press("驗證")
    expect(page.get_by_text("封存檔完整無缺。")).to_be_visible()


def go_wrong(reader):
    page = reader.page
    reader.open("/nothing/")
    expect(page.get_by_text("404")).to_be_visible()
    reader.open("/")
    page.context.clear_cookies(name="csrftoken")
    page.locator("#id_body").fill(POEMS[0])
    reader.press("發布")
    expect(page.get_by_text("403")).to_be_visible()
    expect(page.get_by_label("你的文字，可以複製")).to_have_value(POEMS[0])


# What the site of tests/everything.py has, and its browser.
DATA = {"alice", "bob", "carol", "dave", "root", "lemons", "example", "org"}


@pytest.fixture
def chinese(db, monkeypatch):
    """A site behind whose every address there is something, whose people read Chinese alone."""
    # Without the jobs that other tests have declared in this process, which the board would name.
    ours = {name: get_job(name) for name in declared() if "tests" not in name.split(".")}
    monkeypatch.setattr(registry, "_jobs", ours)
    site = Site()
    get_user_model().objects.update(language="zh-hant")
    Post.objects.update(title="檸檬", body="謝謝！#lemons")
    Message.objects.update(body="你好")
    site.token.name = "手機"
    site.token.save()
    site.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-TW,zh;q=0.9"
    return site


def who_asks(route):
    """(kind, method): of pages as they are, and as they come back to who has filled in nothing."""
    if "/board/" in route and not route.endswith("/board/"):  # its parts, without Django's frame
        return [("admin", "GET")]
    # Programs read English, and so does who writes them. Most of the admin pages is not ours.
    if route.startswith(("/api/", "/admin/")):
        return []
    return [("anonymous", "GET"), ("owner", "GET"), ("owner", "POST")]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_behind_every_address(chinese):
    met = {}
    chinese._bodies = dict  # nothing is sent
    for route in routes():
        for kind, method in who_asks(route):
            response = chinese.ask(kind, method, route).response
            if response.get("Content-Type", "").startswith("text/html"):
                for text in Reading(response.content.decode()).said:
                    if words := latin_words(text, NAMES | DATA):
                        met.setdefault(text, (words, route))
    assert not met
