// ---- pictures of a drift check: rows in a plane, spreads of both windows, the change over time

const CONCEPTS = 5;
const SOON = 3_600_000; // milliseconds: of a shorter time seconds are told

function planeView(points, concepts) {
  const [width, height, edge] = [760, 440, 12];
  const ends = (values) => [Math.min(...values), Math.max(...values)];
  const [left, right] = ends(points.map((point) => point.x));
  const [low, high] = ends(points.map((point) => point.y));
  const x = (value) => edge + ((width - 2 * edge) * (value - left)) / (right - left || 1);
  const y = (value) => height - edge - ((height - 2 * edge) * (value - low)) / (high - low || 1);
  const kind = (point) => (point.concept === null ? (point.current ? "now" : "before") : `now concept c${point.concept % CONCEPTS}`);
  const dot = (point) => drawn("circle", { class: kind(point), cx: x(point.x).toFixed(1), cy: y(point.y).toFixed(1), r: point.concept === null ? 3 : 4.5 },
    drawn("title", {}, `${point.current ? "now" : "before"}${point.concept === null ? "" : `, new concept: ${concepts[point.concept]?.name ?? ""}`}${point.text ? `: ${point.text}` : ""}`));
  const order = (point) => (point.concept !== null ? 2 : point.current ? 1 : 0);
  const sorted = [...points].sort((a, b) => order(a) - order(b));
  return drawn("svg", { class: "plot plane", viewBox: `0 0 ${width} ${height}`, width: "100%", role: "img", "aria-label": `${counted(points.length, "row")} of both windows in a plane` }, ...sorted.map(dot));
}

function keyOf(entries) {
  return element("p", { class: "key-of" }, ...entries.map(([kind, name]) => element("span", {}, element("i", { class: kind }), name)));
}

function spreadView({ name, unit, before, after }) {
  const shares = [before, after].map(({ counts }) => counts.map((count) => count / (counts.reduce((sum, one) => sum + one, 0) || 1)));
  const most = Math.max(...shares.flat(), 1e-9);
  const width = 100 / before.counts.length;
  const edge = (bin) => number(before.low + ((before.high - before.low) * bin) / before.counts.length, 3);
  const bars = shares.flatMap((own, window) => own.map((share_, bin) => drawn("rect", { class: window ? "now" : "before", x: percent(bin * width + (window ? width / 2 : width * 0.06)), width: percent(width * 0.44), y: 64 - (60 * share_) / most, height: (60 * share_) / most },
    drawn("title", {}, `${window ? "now" : "before"}, ${edge(bin)} to ${edge(bin + 1)} ${unit}: ${share(share_)}`))));
  return element("section", { class: "card spread" }, element("h3", {}, name.replaceAll("_", " "), element("small", { class: "soft" }, unit ? ` ${unit}` : "")),
    picture(66, `${name}: shares of rows by value, before and now`, drawn("line", { class: "ground", x1: "0%", x2: "100%", y1: 64.5, y2: 64.5 }), ...bars),
    element("p", { class: "ends" }, element("span", {}, number(before.low, 3)), element("span", {}, number(before.high, 3))));
}

function seriesView(points, since) {
  const [top, bottom] = [10, 150];
  const times = points.map((point) => point.at);
  if (since) times.push(...[since.at, since.low, since.high].filter((at) => at !== null));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const x = (at) => percent(6 + (91 * (at - first)) / (last - first || 1));
  const values = points.flatMap(({ measure }) => [measure.value, measure.low, measure.high]).filter((value) => value !== null);
  const [low, high] = [Math.min(0.3, ...values), Math.max(0.7, ...values)];
  const y = (value) => bottom - ((bottom - top) * (value - low)) / (high - low);
  const band = since && since.low !== null ? drawn("rect", { class: "since-band", x: x(since.low), width: percent(Math.max(0.3, parseFloat(x(since.high)) - parseFloat(x(since.low)))), y: top, height: bottom - top }) : null;
  const mark = since ? drawn("line", { class: "since", x1: x(since.at), x2: x(since.at), y1: top, y2: bottom }, drawn("title", {}, `since ${moment(since.at)}`)) : null;
  const dots = points.map((point) => drawn("g", { class: point.current ? "now" : "before" }, drawn("title", {}, `${moment(point.at)}: ${measureText(point.measure)} of ${counted(point.rows, "row")}`),
    point.measure.low === null ? null : drawn("line", { class: "whisker", x1: x(point.at), x2: x(point.at), y1: y(point.measure.low), y2: y(point.measure.high) }),
    drawn("circle", { class: "mean", cx: x(point.at), cy: y(point.measure.value), r: 4 })));
  const levels = [0.5].map((level) => drawn("line", { class: "zero", x1: "6%", x2: "98%", y1: y(level), y2: y(level) }));
  const ticks = [[first, "start"], [last, "end"]].map(([at, anchor]) => drawn("text", { x: x(at), y: bottom + 16, "text-anchor": anchor }, moment(at, last - first < SOON)));
  return picture(172, "how much rows look like now, over time", band, ...levels, drawn("text", { x: "5%", y: y(0.5) + 4, "text-anchor": "end" }, "50%"), mark, ...dots, ...ticks);
}

function moment(milliseconds, seconds = false) {
  return new Date(milliseconds).toISOString().slice(0, seconds ? 19 : 16).replace("T", " ");
}
