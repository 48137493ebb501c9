// ---- the heat map: a row for each mutator, a column for each objective; it reads without its colours

const WIDEST = 0.5; // an interval wider than this says little of its rate
const ORDERS = {
  broken: ["most broken first", (a, b) => b.rate - a.rate || b.breaches - a.breaches],
  family: ["by family", (a, b) => order.compare(a.family, b.family)],
  name: ["by name", () => 0],
};
let focused = null;

const heatRows = heatRowsOf();

function heatRowsOf() {
  const found = new Map();
  summary.objectives.forEach((objective, column) => objective.mutators.forEach((one) => {
    if (!found.has(one.mutator)) found.set(one.mutator, []);
    found.get(one.mutator)[column] = one;
  }));
  return [...found].map(([mutator, cells]) => {
    const rates = cells.map((cell) => cell?.rate.value).filter((value) => value !== null && value !== undefined);
    return {
      mutator, cells, family: report.families[mutator] ?? "",
      breaches: cells.reduce((sum, cell) => sum + (cell?.outcomes.breach ?? 0), 0),
      rate: rates.length ? rates.reduce((sum, rate) => sum + rate, 0) / rates.length : -1,
    };
  });
}

function showMap() {
  if (!heatRows.length) return;
  const select = element("select", { onchange: () => drawMap(select.value, only.checked) }, ...Object.entries(ORDERS).map(([value, [title]]) => element("option", { value }, title)));
  const only = element("input", { type: "checkbox", onchange: () => drawMap(select.value, only.checked) });
  const few = element("span", { class: "heat few" }, element("b", {}, "33%?"));
  document.getElementById("map").append(
    element("div", { class: "toolbar heat-tools" },
      element("label", {}, "mutators ", select), element("label", {}, only, " with breaches only"),
      element("p", { class: "scale-of" }, element("span", {}, "0%"), element("i", { class: "ramp" }), element("span", {}, "100%"),
        few, element("span", {}, "too few tries: an interval wider than 50 points"), element("span", {}, "– not tried"), element("span", {}, "✕ none could be scored"))),
    element("div", { class: "heat-box" }, element("table", { id: "heat", role: "grid", "aria-label": "Rate of breaches, mutator by objective", onkeydown: moveCell })),
    element("p", { id: "cell", role: "status" }, "Point at a cell, or move to it with the arrow keys; Enter lists its findings."),
  );
  drawMap("broken", false);
}

function drawMap(by, broken) {
  const sorted = heatRows.filter((row) => !broken || row.breaches).sort((a, b) => (b.mutator === "") - (a.mutator === "") || ORDERS[by][1](a, b) || order.compare(a.mutator, b.mutator));
  const heads = summary.objectives.map((objective) => element("th", { scope: "col", title: objective.title }, element("span", {}, objective.name.replaceAll("_", " "))));
  document.getElementById("heat").replaceChildren(
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "mutator"), ...heads)),
    element("tbody", {}, ...sorted.map((row) => element("tr", {},
      element("th", { scope: "row", title: row.family }, row.mutator || BARE), ...summary.objectives.map((objective, column) => cellView(objective, row, row.cells[column]))))));
  focused = document.querySelector("#heat td");
  if (focused) focused.tabIndex = 0;
}

function cellView(objective, row, cell) {
  const name = `${row.mutator || BARE} × ${objective.name}`;
  const tell = () => { document.getElementById("cell").textContent = visible(`${name}: ${cellText(cell)}`); };
  const view = element("td", {
    role: "gridcell", tabindex: "-1", "aria-label": `${name}: ${cellText(cell)}`, class: "heat", title: `${name}\n${cellText(cell)}`,
    onclick: () => { enter(view); listFindings(objective, row); }, onmouseenter: tell, onfocus: tell,
  });
  const rate = cell?.rate;
  if (!rate || rate.value === null) {
    view.classList.add("none");
    view.append(cell?.outcomes.breach === 0 && total(cell.outcomes) ? "✕" : "–");
    return view;
  }
  const few = rate.low === null || rate.high - rate.low > WIDEST;
  view.classList.toggle("few", few);
  view.classList.toggle("zero", rate.value === 0);
  view.classList.toggle("deep", rate.value > 0.45);
  view.style.setProperty("--heat", `${Math.round(100 * rate.value)}%`);
  view.append(element("b", {}, `${share(rate.value)}${few ? "?" : ""}`), element("small", {}, rate.n.toLocaleString("en")));
  return view;
}

function cellText(cell) {
  if (!cell) return "not tried";
  const { outcomes, rate } = cell;
  const others = Object.entries(report.outcomes).filter(([key]) => !["breach", "safe"].includes(key) && outcomes[key]).map(([key, name]) => `${outcomes[key].toLocaleString("en")} ${name}`);
  const words = rate.value === null ? "no try could be scored" : `${measureText(rate)}, ${outcomes.breach.toLocaleString("en")} of ${counted(rate.n, "try", "tries")} at ${counted(rate.clusters ?? rate.n, "seed")}`;
  return [words, ...others].join("; ");
}

function total(outcomes) {
  return Object.values(outcomes).reduce((sum, count) => sum + count, 0);
}

function enter(view) {
  if (focused) focused.tabIndex = -1;
  focused = view;
  view.tabIndex = 0;
  view.focus();
}

function moveCell(event) {
  const at = event.target.closest("td");
  if (!at || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Enter" || event.key === " ") at.click();
  else {
    const body = [...document.querySelectorAll("#heat tbody tr")];
    const [row, column] = [body.indexOf(at.parentElement), [...at.parentElement.querySelectorAll("td")].indexOf(at)];
    const to = { ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], Home: [row, 0], End: [row, summary.objectives.length - 1] }[event.key];
    if (!to) return;
    const next = body[to[0]]?.querySelectorAll("td")[to[1]];
    if (next) enter(next);
  }
  event.preventDefault();
}

// Those of a cell; a cell without findings leads nowhere.
function listFindings(objective, row) {
  const fits = (finding) => finding.objective === objective.name && namesOf(finding).includes(row.mutator || BARE);
  if (!findings.some(fits)) {
    document.getElementById("cell").textContent += ". No finding needs just this.";
    return;
  }
  pick("of-objective", objective.name);
  pick("of-mutator", row.mutator || BARE);
  showOnly("of-severity", "");
}

function pick(id, value) {
  const select = document.getElementById(id);
  select.value = select.querySelector(`option[value="${CSS.escape(value)}"]`) ? value : "";
  select.dispatchEvent(new Event("change"));
}
