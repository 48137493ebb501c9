// ---- the rows of the table: samples, by what is known and what was said of them

const wanted = { words: [], variant: null, scorer: null, state: "" };

const tableColumns = [
  { key: "case", title: "case", width: 120, grow: 1, value: (index) => columns.cases[columns.case[index]] },
  ...(severalVariants ? [{ key: "variant", title: "variant", width: 100, grow: 0.7, value: (index) => columns.variants[columns.variant[index]] }] : []),
  ...(repeated ? [{ key: "repeat", title: "repeat", width: 64, right: true, value: (index) => columns.repeat[index] + 1 }] : []),
  { key: "state", title: "outcome", width: 104, value: (index) => Object.keys(WORD_OF).indexOf(stateOf(index)), cell: stateCell },
  ...scorers.map((scorer) => ({
    key: `score ${scorer.name}`, title: scorer.name, width: severalVariants ? 146 : 90, grow: 0.4, right: true,
    value: (index) => scorer.values[index], cell: (index) => scoreCell(scorer, index),
  })),
  { key: "preview", title: "output", width: 220, grow: 3, value: (index) => columns.preview[index] },
  { key: "seconds", title: "time", width: 76, right: true, value: (index) => columns.seconds[index], cell: (index) => secondsText(columns.seconds[index]) },
  { key: "tokens", title: "tokens", width: 76, right: true, value: (index) => columns.tokens[index], cell: (index) => columns.tokens[index].toLocaleString("en") },
  { key: "cost", title: "cost", width: 80, right: true, value: (index) => columns.cost[index], cell: (index) => dollarsText(columns.cost[index]) },
];

function stateCell(index) {
  const state = stateOf(index);
  return element("span", { class: `pill ${state}` }, state === "error" ? "infra failed" : WORD_OF[state]);
}

function scoreCell(scorer, index) {
  const state = scorer.states[index];
  if (state === "?") return element("span", { class: "warn" }, "unscored");
  if (state === " ") return element("span", { class: "soft" }, "–");
  const moved = severalVariants ? movement(scorer, index) : 0;
  const unit = unitOf(scorer.name);
  return element("span", { class: { "+": "good", "-": "bad" }[state] ?? "" },
    moved ? element("span", { class: `moved ${moved > 0 ? "good" : "bad"}`, title: "against the baseline" }, signedAs(unit)(changesBy(scorer)[index])) : null,
    shownAs(unit)(scorer.values[index]), { "+": " ✓", "-": " ✗" }[state] ?? "");
}

function isWanted(index, texts) {
  if (wanted.variant !== null && columns.variant[index] !== wanted.variant) return false;
  if (texts && !wanted.words.every((word) => holds(texts[index], word))) return false;
  const only = wanted.scorer === null ? null : scorers[wanted.scorer];
  if (only && only.states[index] === " " && wanted.state !== "error") return false;
  const moves = () => (only ? [only] : scorers).map((scorer) => movement(scorer, index));
  switch (wanted.state) {
    case "": return true;
    case "moved": return moves().some(Boolean);
    case "better": return moves().includes(1);
    case "worse": return moves().includes(-1);
    default: return isIn(wanted.state, index, only);
  }
}

let asked = 0;
async function listRows() {
  asked += 1;
  const mine = asked;
  let texts = null;
  if (wanted.words.length) {
    document.getElementById("count").textContent = "searching…";
    texts = await textsToSearch();
    if (mine !== asked) return;
  }
  rows = [];
  for (let index = 0; index < sampleCount; index += 1) if (isWanted(index, texts)) rows.push(index);
  sortRows();
  showCount(sampleCount, "sample");
  scroller.scrollTop = 0;
  drawRows();
}

function openRow(index) {
  openSample(index);
}

function drawFilters() {
  const numbered = (names) => names.map((name, place) => [place, name]);
  const place = (value) => (value === "" ? null : Number(value));
  choices("of-variant", [["", "every variant"], ...(severalVariants ? numbered(columns.variants) : [])], (value) => { wanted.variant = place(value); });
  choices("of-scorer", [["", "any scorer"], ...(scorers.length > 1 ? numbered(scorers.map((scorer) => scorer.name)) : [])], (value) => { wanted.scorer = place(value); });
  const moves = severalVariants ? [["moved", "moved from the baseline"], ["better", "better than the baseline"], ["worse", "worse than the baseline"]] : [];
  choices("of-state", [["", "every outcome"], ...Object.entries(WORD_OF), ...moves], (value) => { wanted.state = value; });
  onWords((words) => { wanted.words = words; });
}
