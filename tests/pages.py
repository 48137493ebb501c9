"""Pages as a parser and a browser see them."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest


class Elements(HTMLParser):
    """Elements in the order of their start tags, as (tag, attributes), and the text of scripts and styles."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.texts = {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        tag, attributes = self.found[-1] if self.found else ("", {})
        if tag in ("script", "style", "title"):
            self.texts.setdefault(f"{tag} {attributes.get('type', '')}".strip(), data)


def assert_self_contained(page):
    """Nothing is loaded, the policy allows the page's own script and style alone, and no text becomes markup."""
    elements = Elements(page)
    assert not {tag for tag, _ in elements.found} & {"link", "img", "iframe", "object", "base"}
    assert [value for _, attributes in elements.found for name, value in attributes.items() if name == "src"] == []
    assert "url(" not in elements.texts["style"]
    assert "@import" not in elements.texts["style"]
    policy = next(a["content"] for _, a in elements.found if a.get("http-equiv") == "Content-Security-Policy")
    for kind in ("script", "style"):
        digest = hashlib.sha256(elements.texts[kind].encode()).digest()
        assert f"{kind}-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function"
    assert re.findall(markup, elements.texts["script"]) == []


CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def in_a_browser(tests):
    """Marks tests that need a Chromium."""
    return pytest.mark.slow(pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium on the PATH")(tests))


def dom(page, folder, asked=""):
    """The document that a browser makes of the page.

    :func:`said` gives the value of the expression ``asked``, or of the promise that it is.
    """
    file = folder / "page.html"
    if asked:
        say = "(value) => { document.documentElement.dataset.said = JSON.stringify(value); }"
        script = f"<script>Promise.resolve({asked}).then({say})</script>"
        page = re.sub(r"<meta http-equiv[^>]*>", "", page).replace("</body>", f"{script}</body>")
    file.write_text(page, encoding="utf-8")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    command += ["--window-size=1400,1200", "--virtual-time-budget=3000", "--dump-dom", file.as_uri()]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8", timeout=60).stdout


def said(dom_text):
    return json.loads(re.search(r'<html lang="en" data-said="([^"]*)"', dom_text)[1].replace("&quot;", '"'))
