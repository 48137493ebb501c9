"""Abbreviations whose full stop ends no sentence, of the languages that write them often."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ALWAYS_FOLLOWED = _words("""
    al approx bzw ca capt cf ch col d.h dr dra e.g eq eqs fig figs fr gen gov hon hr i.e m mlle mm mme mr mrs ms mt
    p.ej pres prof ref refs rep resp rev sec sen sgt sr sra st tgl u.a ud uds viz vs yth z.b
""")
"""Something belongs to them, whatever it is."""

BEFORE_NUMBERS = _words("""
    abb apr art aug bd dec feb hlm jan jul jun mar no nos nov nr num núm oct pág pg pp sep sept tab vol
""")
"""A number belongs to them; before anything else they may be the last word."""
