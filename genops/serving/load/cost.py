"""What a million tokens cost, from the price of the hardware and what it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from genops.evals.summary import Measure

UNIT = "USD per million tokens"
_MILLION = 1e6
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a server costs while it runs.

    Attributes:
        gpu_hour: Price of one GPU for an hour, in US dollars.
        gpus: How many serve the alias.
        utilisation: Share of the time, 0 to 1, that they work at the measured load; the rest is paid all the same.
    """

    gpu_hour: float
    gpus: int = 1
    utilisation: float = 1.0

    @property
    def dollars_a_second(self) -> float:
        """Of the time at work."""
        return self.gpu_hour * self.gpus / _HOUR / self.utilisation


@dataclass(frozen=True, slots=True)
class Cost:
    """What tokens cost under a load.

    Attributes:
        input: Of input tokens.
        output: Of output tokens.
        blended: Of input and output tokens alike, in the mix of the load: what follows without any split.
        split: How the cost is shared between the two, in words.
    """

    input: Measure
    output: Measure
    blended: Measure
    split: str


def cost_of_load(
    hardware: Hardware,
    figures: Mapping[str, Measure],
    *,
    ratio: float | None = None,
    prefill: Mapping[str, Measure] | None = None,
) -> Cost | None:
    """The cost of a load's tokens; None where it is not known how many there were.

    One price of a second and two kinds of tokens leave one thing open: how the two share it. ``ratio`` says that an
    output token costs so many times an input token. Otherwise a second load that asks for one token each tells what
    input costs by itself, and output costs what is left.

    Args:
        hardware: What a second costs.
        figures: Of the load.
        ratio: Of an output token to an input token.
        prefill: Figures of the load that asks for one token each.
    """
    rates = [figures.get(name) for name in ("input_tokens", "output_tokens")]
    if any(rate is None or not rate.value for rate in rates):
        return None
    inputs, outputs = (rate for rate in rates if rate is not None)
    blended = _inverse(hardware, inputs, outputs, 1.0)
    if ratio is not None:
        price = _inverse(hardware, inputs, outputs, ratio)
        return Cost(price, _times(price, ratio), blended, f"an output token is taken to cost {ratio:g} input tokens")
    alone = None if prefill is None else prefill.get("input_tokens")
    if alone is None or not alone.value:
        return Cost(blended, blended, blended, f"input and output tokens alike: {_why(alone)}")
    price = _inverse(hardware, alone, None, 1.0)
    rest = _rest(hardware, inputs, outputs, price)
    if rest is None:
        reason = "input by itself was no cheaper than the whole load"
        return Cost(blended, blended, blended, f"input and output tokens alike: {reason}")
    return Cost(
        price, rest, blended, "input by a load that asks for one token each, output by what is left of the load"
    )


def _why(alone: Measure | None) -> str:
    return "the load of input alone was not measured" if alone is None else alone.missing or "input was not counted"


def _inverse(hardware: Hardware, inputs: Measure, outputs: Measure | None, ratio: float) -> Measure:
    """Dollars for a million tokens at a rate: a higher rate is a lower price."""

    def price(input_rate: float | None, output_rate: float | None) -> float | None:
        if input_rate is None or output_rate is None or input_rate + ratio * output_rate <= 0:
            return None
        return hardware.dollars_a_second / (input_rate + ratio * output_rate) * _MILLION

    value = price(inputs.value, 0.0 if outputs is None else outputs.value)
    low = price(inputs.high, 0.0 if outputs is None else outputs.high)
    high = price(inputs.low, 0.0 if outputs is None else outputs.low)
    n = inputs.n + (0 if outputs is None else outputs.n)
    if low is None or high is None:
        return Measure(value, UNIT, n, missing="the rate of tokens has no interval")
    return Measure(value, UNIT, n, low, high, method="from the interval of the rate")


def _times(price: Measure, factor: float) -> Measure:
    ends = [None if end is None else end * factor for end in (price.value, price.low, price.high)]
    return Measure(ends[0], UNIT, price.n, ends[1], ends[2], method=price.method, missing=price.missing)


def _rest(hardware: Hardware, inputs: Measure, outputs: Measure, price: Measure) -> Measure | None:
    """What output costs when input is paid; the ends of the interval take the worst of each rate."""

    def left(input_rate: float, input_price: float, output_rate: float) -> float:
        return (hardware.dollars_a_second - input_rate * input_price / _MILLION) / output_rate * _MILLION

    assert inputs.value is not None
    assert outputs.value is not None
    assert price.value is not None
    value = left(inputs.value, price.value, outputs.value)
    if value <= 0:
        return None
    ends = (inputs.low, inputs.high, price.low, price.high, outputs.low, outputs.high)
    if any(end is None or end <= 0 for end in ends):
        return Measure(value, UNIT, outputs.n, missing="a rate of tokens has no interval")
    input_low, input_high, price_low, price_high, output_low, output_high = (end for end in ends if end is not None)
    low = max(0.0, left(input_high, price_high, output_high))
    return Measure(value, UNIT, outputs.n, low, left(input_low, price_low, output_low), method="worst of each rate")
