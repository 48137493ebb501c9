import pytest
import trustme

from tests.monitoring.alerts.channels.made import server_tls


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def tls(authority, monkeypatch, tmp_path):
    """TLS for localhost, by an authority that this process trusts."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return server_tls(authority, "localhost")
