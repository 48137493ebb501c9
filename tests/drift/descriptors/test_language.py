import pytest

from genops.drift.descriptors.language import language
from genops.drift.descriptors.script import script
from tests.drift.sentences import SENTENCES


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in SENTENCES.items() for text in texts])
def test_the_language_of_a_sentence_is_told(code, text):
    assert language(text) == code


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("de", "Wie kann ich mein Passwort zurücksetzen?"),
        ("zh", "如何重置我的密码?"),
        ("ja", "パスワードをリセットするにはどうすればいいですか?"),
        ("ru", "Как мне восстановить пароль?"),
        ("ar", "كيف يمكنني إعادة تعيين كلمة المرور؟"),
    ],
)
def test_other_languages_are_told_too(code, text):
    assert language(text) == code


@pytest.mark.parametrize("text", ["", "ok", "12345 67890 !!", "\ud800\udfff"])
def test_what_is_too_short_has_none(text):
    assert language(text) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Latin", "Where is my order?"),
        ("Latin", "¿Dónde está mi pedido?"),
        ("Cyrillic", "Где мой заказ? (ID 123)"),
        ("Greek", "Πού είναι η παραγγελία μου;"),
        ("Arabic", "أين طلبي؟"),
        ("Hebrew", "איפה ההזמנה שלי?"),
        ("Devanagari", "मेरा ऑर्डर कहाँ है?"),
        ("Thai", "คำสั่งซื้อของฉันอยู่ที่ไหน"),
        ("Hangul", "내 주문은 어디에 있나요?"),
        ("Han", "我的订单在哪里?"),
        ("Japanese", "私の注文はどこですか?"),
        ("other", "ᏣᎳᎩ"),
    ],
)
def test_the_script_of_most_letters_is_told(name, text):
    assert script(text) == name


@pytest.mark.parametrize("text", ["", "123 ?!", "😀"])
def test_a_text_without_letters_has_no_script(text):
    assert script(text) is None
