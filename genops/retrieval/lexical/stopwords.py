"""Stop words of languages for which bm25s has no list: the words that nearly every passage has, and nothing more."""

from __future__ import annotations

INDONESIAN = frozenset(
    """
    ada adalah agar akan aku anda antara apa apakah atas atau bagi bahwa banyak bila bisa bukan dalam dan dapat dari
    daripada dengan di dia hanya harus hingga ia ialah ini itu jadi jika juga kalau kami kamu karena ke kepada kita
    lagi lain lalu lebih maka masih mereka namun nya oleh pada para pun saat saja sambil sampai sangat saya sebagai
    sebuah sedang sehingga sejak seorang seperti serta setelah setiap suatu sudah tapi telah tentang terhadap tersebut
    tetapi tidak untuk yaitu yakni yang
    """.split()  # noqa: SIM905
)
