// ---- the report of a comparison of models

const report = dataOf("report");
const SHOWN = { s: secondsText, USD: dollarsText, share };

function showHead() {
  const told = report.evaluation ? ` · evaluation ${report.evaluation}` : "";
  document.getElementById("head").append(
    element("h1", {}, "Models side by side"),
    element("p", { class: "summary" }, `${new Date(report.at).toISOString().slice(0, 19).replace("T", " ")} UTC${told}`),
    element("p", {}, report.headline));
  if (report.notes.length) document.getElementById("notes").append(element("ul", { class: "notes" }, ...report.notes.map((note) => element("li", {}, note))));
}

function chartView({ title, unit, measures }) {
  const known = measures.flatMap(({ value, low, high }) => [value, low, high]).filter((value) => value !== null);
  const scale = scaleOf([0, ...known], unit === "share" ? [0, 1] : undefined);
  const show = SHOWN[unit] ?? number;
  const row = (measure, place) => element("tr", {}, element("th", { scope: "row" }, report.aliases[place]),
    element("td", {}, intervalView(measure, scale)), element("td", { class: "told" }, measureText(measure, show)));
  return element("div", { class: "card" }, element("h3", {}, title, element("small", { class: "soft" }, unit && !SHOWN[unit] && unit !== "score" ? `, ${unit}` : "")),
    element("table", { class: "chart" }, element("tbody", {}, ...measures.map(row),
      element("tr", {}, element("td", {}), element("td", {}, axisView(scale, show)), element("td", {})))));
}

function showFigures() {
  const row = ({ title, cells }) => element("tr", {}, element("th", { scope: "row" }, title), ...cells.map((cell) => element("td", {}, cell)));
  const table = tableOf(["", ...report.aliases], report.rows.map(row));
  table.firstChild.classList.add("sides");
  document.getElementById("figures").append(element("div", { class: "card" }, element("h2", {}, "Every figure"), table,
    element("p", { class: "soft" }, `${report.method}.`)));
}

showHead();
document.getElementById("charts").append(element("div", { class: "charts" }, ...report.charts.map(chartView)));
showFigures();
