"""Promotion: findings become cases of a suite, so that what broke a chain once is asked at every evaluation."""

from genops.fuzz.promotion.promote import Promoted, promote

__all__ = ["Promoted", "promote"]
