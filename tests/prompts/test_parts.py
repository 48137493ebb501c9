import base64

import pytest

from genops.errors import InputError
from genops.prompts.parts import file_part, image_part

PNG = b"\x89PNG\r\n\x1a\n rest"
PDF = b"%PDF-1.7 rest"


def data_url(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://example.com/a.png", "https://example.com/a.png"),
        ("data:image/gif;base64,AAAA", "data:image/gif;base64,AAAA"),
        (PNG, data_url("image/png", PNG)),
        (b"\xff\xd8\xff\xe0", data_url("image/jpeg", b"\xff\xd8\xff\xe0")),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", data_url("image/webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ")),
    ],
)
def test_images(value, url):
    assert image_part(value) == {"type": "image_url", "image_url": {"url": url}}


@pytest.mark.parametrize(
    "value", ["file:///etc/passwd", "/etc/passwd", "data:text/html,x", "javascript:x", "", PDF, None, 3, ["x"]]
)
def test_what_is_no_image(value):
    with pytest.raises(InputError, match="image"):
        image_part(value)


def test_files():
    assert file_part(PDF) == {
        "type": "file",
        "file": {"filename": "file.pdf", "file_data": data_url("application/pdf", PDF)},
    }
    assert file_part("https://example.com/a.pdf") == {"type": "file", "file": {"file_id": "https://example.com/a.pdf"}}
    url = "data:text/plain,hello"
    assert file_part(url) == {"type": "file", "file": {"filename": "file", "file_data": url}}
    assert file_part(b"plain")["file"]["file_data"].startswith("data:application/octet-stream;base64,")


@pytest.mark.parametrize("value", ["file:///etc/passwd", "notes.txt", None, {"a": 1}])
def test_what_is_no_file(value):
    with pytest.raises(InputError, match="a file is"):
        file_part(value)
