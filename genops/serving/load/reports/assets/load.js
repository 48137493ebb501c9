// ---- the report of a load test

const report = dataOf("report");
const PILLS = { met: "pass", broken: "fail", undecided: "undecided" };
const HEIGHT = 190;

function showHead() {
  const pill = report.verdict ? element("span", { class: `pill ${PILLS[report.verdict]}` }, report.verdict) : null;
  document.getElementById("head").append(
    element("h1", {}, `Load test of ${report.alias}`, pill),
    element("p", { class: "summary" }, `${report.id.slice(0, 12)} · ${new Date(report.at).toISOString().slice(0, 19).replace("T", " ")} UTC`),
    element("p", {}, report.about));
}

function showVerdict() {
  const lines = [report.found, ...report.costs].filter(Boolean);
  const place = document.getElementById("verdict");
  if (lines.length) place.append(element("div", { class: `card verdict ${PILLS[report.verdict] ?? ""}` }, ...lines.map((line) => element("p", {}, line))));
  if (report.notes.length) place.append(element("ul", { class: "notes" }, ...report.notes.map((note) => element("li", {}, note))));
}

// Curves over the loads: places along the axis are even steps of the logarithm, as loads double.
function curveView(title, unit, curves, limits = []) {
  const loads = report.loads;
  const values = curves.flatMap(({ name }) => loads.flatMap(({ figures }) => [figures[name].value, figures[name].low, figures[name].high])).filter((value) => value !== null);
  if (!values.length) return null;
  const scale = scaleOf([0, ...values, ...limits.map(({ limit }) => limit)], [0, Infinity]);
  const logs = loads.map(({ level }) => Math.log(level));
  const [least, most] = [Math.min(...logs), Math.max(...logs)];
  const across = (place) => percent(12 + 82 * (most > least ? (logs[place] - least) / (most - least) : 0.5));
  const up = (value) => (HEIGHT - 26) * (1 - (scale.at(value) - 3) / 94) + 6;
  const show = (value) => (unit === "s" && value !== 0 ? secondsText(value) : number(value));
  const grid = scale.ticks.flatMap((tick) => [
    drawn("line", { class: "grid", x1: "10%", x2: "98%", y1: up(tick), y2: up(tick) }),
    drawn("text", { x: "9%", y: up(tick) + 4, "text-anchor": "end" }, show(tick))]);
  const names = loads.map(({ level }, place) => drawn("text", { x: across(place), y: HEIGHT - 4, "text-anchor": "middle" }, number(level)));
  const lines = limits.flatMap(({ limit, text }) => [
    drawn("line", { class: "limit", x1: "10%", x2: "98%", y1: up(limit), y2: up(limit) }),
    drawn("text", { class: "limit-name", x: "11%", y: up(limit) - 4 }, text)]);
  const drawnCurves = curves.map(({ name, kind }) => drawn("g", { class: kind }, ...curveParts(name, kind, across, up)));
  return element("div", { class: "card curve" }, element("h3", {}, title),
    picture(HEIGHT, `${title} by load`, ...grid, ...names, ...lines, ...drawnCurves),
    element("p", { class: "key-of" }, ...curves.map(({ kind, text }) => element("span", {}, element("i", { class: kind }), text)), element("span", {}, report.unit)));
}

function curveParts(name, kind, across, up) {
  const parts = [];
  let last = null;
  report.loads.forEach(({ figures, name: load }, place) => {
    const { value, low, high, unit } = figures[name];
    if (value === null) { last = null; return; }
    if (last !== null) parts.push(drawn("line", { class: "line", x1: across(last), x2: across(place), y1: up(report.loads[last].figures[name].value), y2: up(value) }));
    if (low !== null) parts.push(drawn("line", { class: "line", x1: across(place), x2: across(place), y1: up(low), y2: up(high) }));
    const show = unit === "s" ? secondsText : (amount) => `${number(amount)} ${unit}`;
    const told = low === null ? show(value) : `${show(value)} [${show(low)}, ${show(high)}]`;
    parts.push(drawn("circle", { class: "mean", cx: across(place), cy: up(value), r: 4 }, drawn("title", {}, `${load}: ${told}`)));
    last = place;
  });
  return parts;
}

function showPictures() {
  const limitsOf = (name) => report.limits.filter((one) => one.name === name);
  const pair = (name) => [{ name: `${name}_p50`, kind: "first", text: "half of the requests" }, { name: `${name}_p95`, kind: "second", text: "95% of them" }];
  const views = [
    curveView("Time to the first token", "s", pair("ttft"), limitsOf("ttft")),
    curveView("Time between tokens, mean of a request", "s", pair("per_token"), limitsOf("inter_token")),
    curveView("Time to the whole answer", "s", pair("end_to_end"), limitsOf("end_to_end")),
    curveView("Tokens a second", "tokens/s", [{ name: "output_tokens", kind: "first", text: "output" }, { name: "input_tokens", kind: "second", text: "input" }]),
  ].filter(Boolean);
  document.getElementById("pictures").append(element("div", { class: "curves" }, ...views));
}

function showLoads() {
  const row = (load) => element("tr", {},
    element("th", { scope: "row" }, load.name, " ", load.verdict ? element("span", { class: `pill ${PILLS[load.verdict]}` }, load.verdict) : null),
    element("td", {}, load.size), ...load.cells.map((cell) => element("td", { class: "right" }, cell)));
  const told = report.loads.flatMap((load) => [...load.rulings, load.failures ? `failed: ${load.failures}` : ""].filter(Boolean).map((line) => `${load.name}: ${line}`));
  document.getElementById("loads").append(element("div", { class: "card" }, element("h2", {}, "Every load"),
    tableOf(["load", "requests", ...report.columns.map((title) => `${title}>`)], report.loads.map(row)),
    told.length ? element("ul", { class: "rulings" }, ...told.map((line) => element("li", {}, line))) : null,
    element("p", { class: "soft method" }, `${report.method}.`)));
}

showHead();
showVerdict();
showPictures();
showLoads();
