"""Mail that is sent to a real SMTP server, refused by it, or printed."""

import socket
import threading

import pytest

import common
from common import mail
from common.settings import SettingsError
from common.testing.mailbox import Mailbox


@pytest.fixture
def box():
    """A mail server."""
    box = Mailbox(socket.create_server(("127.0.0.1", 0)))
    yield box
    box.end()


@pytest.fixture
def make_app(make_toy, monkeypatch):
    """Make the toy with settings of mail: ``make_app(SMTP_URL=…)``."""
    load = common._settings.load
    monkeypatch.setattr(
        common._settings,
        "load",
        lambda app, _settings, config: load(app, mail.MailSettings, config),
    )
    return make_toy


@pytest.fixture
def send(make_app, box):
    """Send a mail to the server: ``send("ana@example.com")``."""
    app = make_app(SMTP_URL=f"smtp://{box.address}", MAIL_FROM="us@example.org")

    def call(to="ana@example.com", subject="Hello", text="Hi\n", **more):
        with app.app_context():
            mail.send(to, subject, text, **more)

    return call


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Plain", "one\ntwo\n"),
        ("Grüße, ja 🎂", "Ärger über Öl 🎂\n"),
        ("long " * 60, "x" * 5000 + "\n"),
        ("dots", ".\n..\n.hidden\n"),
        ("", "\n"),
    ],
    ids=["plain", "beyond ASCII", "long", "dots", "empty"],
)
def test_mail_arrives_as_it_was_sent(send, box, subject, text):
    send(subject=subject, text=text)

    [it] = box.messages
    assert (it.to, it.subject.strip(), it.text) == ("ana@example.com", subject.strip(), text)
    assert it.headers["From"] == "us@example.org"


def test_key_makes_the_message_id_and_without_one_each_mail_has_its_own(send, box):
    send(key="a-1")
    send(key="a-1")
    send()
    send()

    ids = [it.headers["Message-ID"] for it in box.messages]
    assert ids[:2] == ["<a-1@example.org>"] * 2
    assert len({*ids}) == 3


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ana",
        "@example.com",
        "ana@",
        "ana@example.com, bob@example.com",
        "ana@example.com\r\nBcc: bob@example.com",
        "Ana <ana@example.com>",
        "ana@example.com\0",
        "ana@exam ple.com",
        "jürgen@example.com",
        "a" * 70000 + "@example.com",
    ],
    ids=lambda to: repr(to[:40]),
)
def test_what_is_not_one_address_is_refused_for_good(send, box, to):
    with pytest.raises(mail.MailError) as refused:
        send(to)

    assert refused.value.permanent
    assert box.attempts == 0


def test_host_of_an_address_is_asked_for_as_dns_has_it(send, box):
    send("info@bücher.example")

    assert [message.to for message in box.messages] == ["info@xn--bcher-kva.example"]


def test_subject_cannot_become_another_header(send, box):
    with pytest.raises(mail.MailError) as refused:
        send(subject="Hello\r\nBcc: bob@example.com")

    assert refused.value.permanent
    assert box.attempts == 0


@pytest.mark.parametrize("permanently", [True, False])
def test_refusal_says_whether_to_try_again(send, box, permanently):
    box.refuse("ana@example.com", permanently=permanently)

    with pytest.raises(
        mail.MailError, match="550 No such" if permanently else "451 Try"
    ) as refused:
        send()
    send("bob@example.com")

    assert refused.value.permanent is permanently
    assert [it.to for it in box.messages] == ["bob@example.com"]
    box.accept()
    send()
    assert len(box.messages) == 2


def test_sender_waits_while_the_server_holds_the_mail(send, box):
    sender = threading.Thread(target=send)
    with box.hold():
        sender.start()
        sender.join(0.05)
        assert sender.is_alive()
        assert box.messages == []
    sender.join(10)

    assert len(box.messages) == 1


def test_server_that_is_away_is_a_temporary_error(make_app):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    app = make_app(SMTP_URL=f"smtp://127.0.0.1:{port}")

    with app.app_context(), pytest.raises(mail.MailError) as away:
        mail.send("ana@example.com", "Hello", "Hi")

    assert not away.value.permanent


def test_password_that_the_server_cannot_take_is_a_temporary_error(make_app, box):
    app = make_app(SMTP_URL=f"smtp://me:secret@{box.address}")

    with app.app_context(), pytest.raises(mail.MailError) as refused:
        mail.send("ana@example.com", "Hello", "Hi")

    assert not refused.value.permanent
    assert "secret" not in str(refused.value)


def test_without_a_server_mails_are_printed(make_app, capsys):
    with make_app().app_context():
        mail.send("ana@example.com", "Hello", "Hi\nthere\n")

    assert capsys.readouterr().out == "To: ana@example.com\nSubject: Hello\n\nHi\nthere\n\n"


@pytest.mark.parametrize(
    "wrong",
    [
        {"SMTP_URL": "localhost:25"},
        {"SMTP_URL": "http://localhost"},
        {"SMTP_URL": "smtp://"},
        {"SMTP_URL": "smtp://localhost:port"},
        {"SMTP_URL": "smtp://localhost:0"},
        {"SMTP_URL": "smtp://me:pass/word@localhost"},
        {"SMTP_URL": "smtp://localhost/?x=1"},
        {"MAIL_FROM": "nobody"},
        {"MAIL_FROM": "a@b.example, c@d.example"},
    ],
)
def test_wrong_settings_stop_the_start(make_app, wrong):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        make_app(**wrong)
