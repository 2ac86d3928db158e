"""TLS on both sides: the service's own certificate, and upstreams that are trusted or not."""

import ssl
import subprocess

import httpx
import pytest

from running_service import Service
from mock_upstream import MockUpstream, completion, good
from test_gateway import ask, gateway, upstream_config


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def secure_upstream(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    mock = MockUpstream(context)
    yield mock
    mock.stop()


def test_the_service_speaks_tls(workspace, certificate):
    settings = (f"serve.tls_certificate={certificate}/cert.pem", f"serve.tls_key={certificate}/key.pem")
    service = Service(workspace, *settings)
    service.client_with = lambda key: httpx.Client(base_url=service.url, headers={"Authorization": f"Bearer {key}"}, timeout=30,
                                                   verify=ssl.create_default_context(cafile=certificate / "cert.pem"))
    with service:
        assert service.url.startswith("https://")
        for _ in range(3):
            assert service.client.post("/api/v1/analyze", json={"text": "hello"}).status_code == 200
        assert len(service.client.get("/api/v1/generations/live/export").content) > 10000
        with pytest.raises(httpx.TransportError):
            httpx.get(service.url.replace("https", "http") + "/healthz")
        assert service.client.get("/healthz").text == "ok\n"


@pytest.mark.parametrize("stream", [False, True])
def test_an_upstream_is_trusted_by_its_authority_only(workspace, certificate, secure_upstream, upstream, stream):
    secure_upstream.plan(good)
    upstream.plan(good)
    trusted = upstream_config("trusted", secure_upstream.port, "https", ca_file=str(certificate / "cert.pem"))
    stranger = upstream_config("stranger", secure_upstream.port, "https")
    plain = upstream_config("plain", upstream.port)
    with gateway(workspace, trusted, plain) as service:
        _, headers, data = ask(service, "x", stream)
        assert headers["x-pawl-upstream"] == "trusted"
        assert ask(service, "y", stream)[1]["x-pawl-upstream"] == "trusted"
    with gateway(workspace, stranger, plain) as service:
        _, headers, data = ask(service, "x", stream)
        assert headers["x-pawl-upstream"] == "plain" and headers["x-pawl-attempts"] == "2"
        if not stream:
            assert data == completion()


def test_a_plain_upstream_is_no_secure_one(workspace, upstream):
    upstream.plan(good)
    with gateway(workspace, upstream_config("not-tls", upstream.port, "https")) as service:
        _, headers, _ = ask(service, "x", False)
        assert headers["x-pawl-degraded"] == "local"
