// ---- plots: SVG whose places are shares of its width, so that it fits wherever it stands

const SVG = "http://www.w3.org/2000/svg";

function drawn(tag, attributes, ...content) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content.filter((part) => part !== null).map((part) => (typeof part === "string" ? visible(part) : part)));
  return made;
}

function picture(height, title, ...content) {
  return drawn("svg", { class: "plot", width: "100%", height, role: "img", "aria-label": visible(title) }, drawn("title", {}, title), ...content);
}

// A scale that holds all values, with round ticks; `ends` are where values cannot go beyond.
function scaleOf(values, ends) {
  let [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || Math.abs(high) || 1) * 0.12;
  low = Math.max(low - room, ends?.[0] ?? -Infinity);
  high = Math.min(high + room, ends?.[1] ?? Infinity);
  if (!(high > low)) [low, high] = [low - 0.5, low + 0.5];
  const rough = (high - low) / 4;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * size).find((wide) => wide >= rough);
  const ticks = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9; at += 1) ticks.push(Number((at * step).toPrecision(12)));
  return { low, high, ticks, at: (value) => 3 + (94 * (value - low)) / (high - low) };
}

function percent(place) {
  return `${place.toFixed(3)}%`;
}

function axisView(scale, show = (tick) => number(tick, 6)) {
  return picture(16, "scale", ...scale.ticks.map((tick) => drawn("text", { x: percent(scale.at(tick)), y: 12, "text-anchor": "middle" }, show(tick))));
}

// An estimate with its interval; `around` are two ends between which the estimate lies for sure.
function intervalView(measure, scale, { zero = false, kind = "", around = null } = {}) {
  const middle = 15;
  const gridlines = scale.ticks.map((tick) => drawn("line", { class: zero && tick === 0 ? "zero" : "grid", x1: percent(scale.at(tick)), x2: percent(scale.at(tick)), y1: 0, y2: 30 }));
  if (measure.value === null) return picture(30, measure.missing || "no value", ...gridlines);
  const parts = around ? [drawn("line", { class: "around", x1: percent(scale.at(around[0])), x2: percent(scale.at(around[1])), y1: middle, y2: middle })] : [];
  if (measure.low !== null) {
    const [low, high] = [percent(scale.at(measure.low)), percent(scale.at(measure.high))];
    parts.push(drawn("line", { class: "whisker", x1: low, x2: high, y1: middle, y2: middle }));
    for (const end of [low, high]) parts.push(drawn("line", { class: "whisker", x1: end, x2: end, y1: middle - 5, y2: middle + 5 }));
  }
  parts.push(drawn("circle", { class: "mean", cx: percent(scale.at(measure.value)), cy: middle, r: 4.5 }));
  return picture(30, measureText(measure), ...gridlines, drawn("g", { class: `measure ${kind}` }, ...parts));
}

function histogramView(histogram, threshold) {
  const { counts, low, high } = histogram;
  const most = Math.max(...counts, 1);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const width = 100 / counts.length;
  const bars = counts.map((count, bin) => {
    const height = count ? Math.max(2, (28 * count) / most) : 0;
    const edge = (place) => number(low + ((high - low) * place) / counts.length);
    return drawn("rect", { x: percent(bin * width + width * 0.06), width: percent(width * 0.88), y: 30 - height, height },
      drawn("title", {}, `${edge(bin)} to ${edge(bin + 1)}: ${count.toLocaleString("en")} of ${total.toLocaleString("en")}`));
  });
  const limit = threshold === null || threshold < low || threshold > high ? null : percent((100 * (threshold - low)) / (high - low || 1));
  return picture(32, `distribution of ${counted(total, "score")} from ${number(low)} to ${number(high)}`,
    drawn("line", { class: "ground", x1: "0%", x2: "100%", y1: 30.5, y2: 30.5 }), drawn("g", { class: "bars" }, ...bars),
    limit === null ? null : drawn("line", { class: "threshold", x1: limit, x2: limit, y1: 0, y2: 31 }));
}

function measureText(measure, show = shownAs(measure.unit)) {
  if (measure.value === null) return measure.missing || "no value";
  return measure.low === null ? show(measure.value) : `${show(measure.value)} [${show(measure.low)}, ${show(measure.high)}]`;
}
