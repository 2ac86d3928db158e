"""Alerts by mail, to a server of this machine: over TLS, signed in, tried again, and never without TLS unless asked."""

import email
import ssl

import pytest

from running_service import Service
from smtp_server import SmtpServer
from test_tls import certificate  # noqa: F401

FIRING = ("alerts.check_seconds=0.1", "alerts.min_free_disk_mb=900000000")
ADDRESSES = ("alerts.mail_from=pawl@service.example", "alerts.mail_to=ann@ops.example, bob@ops.example")


def context_of(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_an_alert_and_its_end_are_mailed_over_tls(workspace, certificate, scheme):  # noqa: F811
    server = SmtpServer(context_of(certificate), implicit=scheme == "smtps", password="s3cret", fail_first=scheme == "smtp")
    settings = (f"alerts.smtp_url={scheme}://127.0.0.1:{server.port}", f"alerts.smtp_ca_file={certificate}/cert.pem", "alerts.smtp_user=pawl")
    with Service(workspace, *FIRING, *ADDRESSES, *settings, env={"PAWL_SMTP_PASSWORD": "s3cret"}) as service:
        service.wait_for(lambda: server.mails, 20)
        service.client.put("/api/v1/settings", json={"alerts.min_free_disk_mb": 0})
        service.wait_for(lambda: len(server.mails) == 2, 20)
        log = service.log.read_text()
    server.stop()
    for mail, state in zip(server.mails, ["firing", "resolved"]):
        assert mail["secure"] and mail["user"] == "pawl" and mail["from"] == "<pawl@service.example>"
        assert mail["to"] == ["<ann@ops.example>", "<bob@ops.example>"]
        message = email.message_from_string(mail["text"])
        assert message["subject"] == f"[pawl] {state}: disk_low"
        assert "MiB are free" in message.get_payload()
    assert ("alert_not_sent" in log) == (scheme == "smtp"), "the first attempt failed there"


def test_nothing_is_mailed_without_tls_unless_that_is_said(workspace):
    server = SmtpServer()
    url = f"alerts.smtp_url=smtp://127.0.0.1:{server.port}"
    with Service(workspace, *FIRING, *ADDRESSES, url) as service:
        service.wait_for(lambda: "alert_not_sent" in service.log.read_text(), 20)
    assert server.tried >= 1 and server.mails == []
    with Service(workspace, *FIRING, *ADDRESSES, url, "alerts.smtp_tls=false") as service:
        service.wait_for(lambda: server.mails, 20)
    assert not server.mails[0]["secure"]
    server.stop()


@pytest.mark.parametrize("settings,key", [
    (("alerts.smtp_url=mail.example",), "alerts.smtp_url"),
    (("alerts.smtp_url=smtp://127.0.0.1:1", "alerts.mail_to=a@b.example"), "alerts.mail_from"),
    (("alerts.smtp_url=smtp://127.0.0.1:1", "alerts.mail_from=a@b.example"), "alerts.mail_to"),
    (("alerts.smtp_url=smtp://127.0.0.1:1", "alerts.mail_from=a@b.example", "alerts.mail_to=no address"), "alerts.mail_to"),
    (("alerts.smtp_url=smtp://127.0.0.1:1", *ADDRESSES, "alerts.smtp_user=x", "alerts.smtp_password_env=NOT_THERE"), "alerts.smtp_password_env"),
])
def test_what_cannot_be_mailed_to_is_named_at_the_start(workspace, settings, key):
    with pytest.raises(RuntimeError, match=key):
        Service(workspace, *settings).start()
