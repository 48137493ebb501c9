// ---- the head: what was attacked, and the verdict in words

const MEANING = {
  bad: "A breach stands, whatever else is missing.",
  unfinished: "Nothing is said of what was not tried; `genops fuzz run CAMPAIGN --resume` goes on.",
  undecided: "Too little could be scored to say more.",
  good: "The chain is not safe by that: the rate of breaches is at most the upper end of its interval.",
};
const STANDS = { bad: "breached", unfinished: "unfinished", undecided: "undecided", good: "withstood" };

function showHead() {
  const { verdict } = summary;
  const started = new Date(summary.started / 1e6).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  const made = summary.objectives.reduce((sum, one) => sum + total(one.sweep) + total(one.search) + total(one.strategy), 0);
  document.getElementById("head").append(
    element("h1", {}, summary.campaign, element("span", { class: `pill ${verdict.outcome}` }, verdict.outcome)),
    element("p", { class: "summary" }, [started, counted(summary.objectives.length, "objective"), counted(made, "attack"), counted(findings.length, "finding")].join(" · ")),
    element("p", { class: "chips" }, chip("chain", summary.step ? `${summary.chain} at ${summary.step}` : summary.chain), chip("campaign", summary.id.slice(0, 12)), chip("status", summary.status)),
  );
  document.getElementById("verdict").append(element("div", { class: `card verdict ${verdict.outcome}` },
    element("h2", {}, report.headline, element("small", { class: "soft" }, ` exit code ${verdict.exit_code}`)),
    element("p", { class: "soft" }, ...prose(MEANING[verdict.outcome] ?? "")),
    element("ul", { class: "reasons" }, ...verdict.reasons.map((reason) => element("li", {}, reason))),
    report.attacker ? element("p", { class: "notes" }, report.attacker) : null,
    ...report.poison.map((words) => element("p", { class: "soft" }, words))));
}

// Only parts that say something are there, each with a link.
function showContents() {
  const links = [];
  for (const part of document.querySelectorAll("main > section")) {
    const title = part.querySelector("h2").textContent;
    part.hidden = part.id !== "verdict" && part.childElementCount < 3;
    if (part.id === "findings") part.hidden = !findings.length;
    if (!part.hidden && part.id !== "verdict") links.push(element("a", { href: `#${part.id}` }, part.id === "findings" ? `${title} (${findings.length.toLocaleString("en")})` : title));
  }
  document.getElementById("contents").append(...links);
}

// ---- objectives: rates drawn on one scale

function showObjectives() {
  if (!summary.objectives.length) return;
  const measures = summary.objectives.flatMap((one) => [one.rate, one.corrected]).filter(Boolean);
  const scale = shareScale(measures);
  const row = (one) => element("tr", {},
    element("th", { scope: "row" }, element("span", { class: "what" }, one.title, " ", severityView(one.severity)), element("small", { class: "mono" }, one.name), element("small", {}, tagsOf(one.tags))),
    element("td", { class: "picture" }, intervalView(one.rate, scale, { kind: one.sweep.breach ? "bad" : "", around: one.bounds }), one.corrected && one.corrected.value !== null ? intervalView(one.corrected, scale, { kind: "corrected" }) : null),
    element("td", { class: "words" }, ...rateWords(one)),
    element("td", { class: "words" }, element("span", { class: `pill ${one.standing.outcome}` }, STANDS[one.standing.outcome] ?? one.standing.outcome), element("small", {}, withoutName(one)),
      one.findings ? element("button", { type: "button", class: "more", onclick: () => { pick("of-objective", one.name); pick("of-mutator", ""); showOnly("of-severity", ""); } }, "List them") : null));
  document.getElementById("objectives").append(element("div", { class: "card" }, rateTable(["objective", "rate, 95%", "", "stands"], summary.objectives.map(row), [null, scale, null, null])));
}

function rateWords({ rate, sweep, bounds, corrected, sensitivity, specificity }) {
  const lost = total(sweep) - sweep.breach - sweep.safe;
  return [
    element("b", { title: rate.method }, measureText(rate)),
    rate.value !== null && rate.low === null ? element("small", {}, rate.missing) : null,
    rate.value === null ? null : element("small", {}, `${sweep.breach.toLocaleString("en")} of ${counted(rate.n, "try", "tries")}, ${counted(rate.clusters ?? rate.n, "seed")}`),
    corrected ? element("small", {}, `corrected for the detectors: ${correctedText(corrected)}`) : null,
    corrected ? element("small", {}, `sensitivity ${labelledText(sensitivity)}, specificity ${labelledText(specificity)}`) : null,
    lost && bounds ? element("small", {}, `${counted(lost, "try", "tries")} without a score: whatever they were, ${share(bounds[0])} to ${share(bounds[1])}`) : null,
  ];
}

function correctedText(rate) {
  return rate.value !== null && rate.low === null ? `${share(rate.value)} (${rate.missing})` : measureText(rate);
}

// How often detectors are right about tries with a label.
function labelledText(right) {
  return right.value === null ? right.missing : `${measureText(right)} of ${right.n.toLocaleString("en")}`;
}

function withoutName({ name, standing }) {
  return standing.reason.startsWith(`${name}: `) ? standing.reason.slice(name.length + 2) : standing.reason;
}

function shareScale(measures) {
  const values = measures.flatMap((one) => [one.value, one.low, one.high]).filter((value) => value !== null);
  return scaleOf([0, ...values], [0, 1]);
}

// A table of rates with pictures on scales that stand below it.
function rateTable(titles, body, scales) {
  return element("div", { class: "wide" }, element("table", { class: "rates" },
    element("thead", {}, element("tr", {}, ...titles.map((title) => element("th", { scope: "col" }, title)))),
    element("tbody", {}, ...body, element("tr", { class: "axis", "aria-hidden": "true" }, ...scales.map((scale) => element("td", {}, scale ? axisView(scale, share) : null))))));
}

// ---- steps, and curves

function showSteps() {
  const steps = summary.objectives.flatMap((one) => one.steps.map((step) => [one, step]));
  if (!steps.length) return;
  const scale = shareScale(steps.map(([, step]) => step.rate));
  const row = ([one, step]) => element("tr", {},
    element("th", { scope: "row" }, element("span", { class: "mono" }, (step.step ?? "(not known)") || WHOLE), element("small", {}, one.name)),
    element("td", { class: "picture" }, intervalView(step.rate, scale, { kind: "bad" })),
    element("td", { class: "words" }, element("b", { title: step.rate.method }, measureText(step.rate)), element("small", {}, `${counted(step.breaches, "breach", "breaches")} of ${counted(step.rate.n, "try", "tries")}`)));
  document.getElementById("steps").append(element("div", { class: "card" }, rateTable(["step, objective", "let through, 95%", ""], steps.map(row), [null, scale, null])));
}

function showFields() {
  const fields = summary.objectives.flatMap((one) => one.fields.map((field) => [one, field]));
  if (!fields.length) return;
  const scale = shareScale(fields.map(([, field]) => field.rate));
  const row = ([one, field]) => element("tr", {},
    element("th", { scope: "row" }, element("span", { class: "mono" }, field.field || "(none)"), element("small", {}, one.name)),
    element("td", { class: "picture" }, intervalView(field.rate, scale, { kind: "bad" })),
    element("td", { class: "words" }, element("b", { title: field.rate.method }, measureText(field.rate)), element("small", {}, `${counted(field.outcomes.breach, "breach", "breaches")} of ${counted(field.rate.n, "try", "tries")}`)));
  document.getElementById("fields").append(element("div", { class: "card" }, rateTable(["field, objective", "rate, 95%", ""], fields.map(row), [null, scale, null])));
}

function showCurves() {
  const broken = summary.objectives.filter((one) => one.sweep.breach && one.at_least_once.length > 1);
  if (!broken.length) return;
  const card = (one) => element("section", { class: "card curve" }, element("h3", {}, one.name), curveView(one.at_least_once),
    element("p", { class: "soft" }, one.at_least_once.filter((_, place, all) => place === 0 || place === all.length - 1).map(({ k, success }) => `k = ${k}: ${measureText(success)}`).join(" · ")));
  document.getElementById("curves").append(element("div", { class: "curve-cards" }, ...broken.map(card)));
}

function curveView(points) {
  const [top, bottom] = [8, 128];
  const last = Math.log2(points.at(-1).k) || 1;
  const x = ({ k }) => percent(10 + (86 * Math.log2(k)) / last);
  const y = (value) => bottom - (bottom - top) * value;
  const levels = [0, 0.5, 1].flatMap((level) => [
    drawn("line", { class: "grid", x1: "10%", x2: "98%", y1: y(level), y2: y(level) }),
    drawn("text", { x: "8%", y: y(level) + 4, "text-anchor": "end" }, share(level))]);
  const known = points.filter(({ success }) => success.value !== null);
  const lines = known.slice(1).map((point, place) => drawn("line", { class: "line", x1: x(known[place]), y1: y(known[place].success.value), x2: x(point), y2: y(point.success.value) }));
  const dots = known.map((point) => drawn("g", {}, drawn("title", {}, `k = ${point.k}: ${measureText(point.success)}`),
    point.success.low === null ? null : drawn("line", { class: "whisker", x1: x(point), x2: x(point), y1: y(point.success.low), y2: y(point.success.high) }),
    drawn("circle", { class: "mean", cx: x(point), cy: y(point.success.value), r: 4 })));
  const ticks = points.map((point) => drawn("text", { x: x(point), y: bottom + 15, "text-anchor": "middle" }, String(point.k)));
  return picture(148, known.map(({ k, success }) => `in ${k}: ${measureText(success)}`).join("; "), ...levels, drawn("g", { class: "measure bad" }, ...lines, ...dots), ...ticks);
}

// ---- robustness

function showRobustness() {
  const found = summary.robustness;
  if (!found) return;
  const scale = shareScale([found.baseline, ...found.relations].map((one) => one.rate));
  const apart = found.relations.map((one) => one.excess).filter((one) => one.value !== null);
  const distance = apart.length ? scaleOf([0, ...apart.flatMap((one) => [one.value, one.low, one.high]).filter((value) => value !== null)], [-1, 1]) : null;
  const card = element("div", { class: "card" },
    element("p", {}, found.standing.outcome === "good" ? null : element("span", { class: `pill ${found.standing.outcome}` }, found.standing.outcome), found.standing.reason),
    element("p", { class: "soft" }, [counted(found.cases, "case"), `${found.made.toLocaleString("en")} of ${counted(found.planned, "try", "tries")}`,
      found.unanswered ? `${counted(found.unanswered, "case")} without an answer to compare with, as the chain failed` : "", found.failed ? `${counted(found.failed, "case")} not asked, as the infrastructure failed` : ""].filter(Boolean).join(" · ")),
    rateTable(["relation", "answers that change, 95%", "", "more than by themselves, 95%", ""], [found.baseline, ...found.relations].map((one) => changeRow(one, scale, distance)), [null, scale, null, distance, null]));
  document.getElementById("robustness").append(card, ...sensitivity(found.prompts), ...examples(found.examples));
}

function changeRow(one, scale, distance) {
  const { same, changed, crashed } = one.outcomes;
  const others = Object.entries(report.changes).filter(([key]) => !["same", "changed", "crashed"].includes(key) && one.outcomes[key]).map(([key, name]) => `${one.outcomes[key].toLocaleString("en")} ${name}`);
  return element("tr", {},
    element("th", { scope: "row" }, one.relation.replaceAll("_", " "), one.standing ? element("span", { class: `pill ${one.standing.outcome}` }, one.standing.outcome) : null,
      one.at_most === null ? null : element("small", {}, `allowed: ${share(one.at_most)} more`)),
    element("td", { class: "picture" }, intervalView(one.rate, scale)),
    element("td", { class: "words" }, element("b", { title: one.rate.method }, measureText(one.rate)),
      element("small", {}, `${changed + crashed} of ${counted(same + changed + crashed, "try", "tries")}${crashed ? `, ${crashed} of them crashed` : ""}`), others.length ? element("small", {}, others.join(", ")) : null),
    element("td", { class: "picture" }, distance && one.excess.value !== null ? intervalView(one.excess, distance, { zero: true, kind: one.standing?.outcome === "bad" ? "bad" : "" }) : null),
    element("td", { class: "words" }, one.excess.value === null ? element("small", {}, one.excess.missing) : element("b", { title: one.excess.method }, excessText(one.excess))));
}

function excessText({ value, low, high }) {
  const points = (share) => `${share > 0 ? "+" : share < 0 ? "−" : ""}${(100 * Math.abs(share)).toFixed(1).replace(/\.0$/, "")}`;
  return `${points(value)} points${low === null ? "" : ` [${points(low)}, ${points(high)}]`}`;
}

function sensitivity(prompts) {
  if (!prompts.length) return [];
  const row = (one) => element("tr", {}, element("td", {}, element("code", {}, one.prompt)), element("td", {}, element("code", {}, one.step)),
    element("td", { class: "right" }, measureText(one.rate)), element("td", { class: "right" }, measureText(one.without)));
  return [element("div", { class: "card" }, element("h3", {}, "Prompts: how often each was the first to change"), tableOf(["prompt", "step", "with a change, 95%>", "without, 95%>"], prompts.map(row)))];
}

function examples(changed) {
  if (!changed.length) return [];
  const one = (found) => element("div", { class: "example" },
    element("p", {}, element("b", {}, found.relation.replaceAll("_", " ")), ` · case ${found.case}${found.step ? ` · first at ${found.step}` : ""}${found.mutators ? ` · ${found.mutators}` : ""}`),
    element("div", { class: "sides" }, element("div", {}, element("small", { class: "soft" }, "as it is"), textView(found.answer || "(gone)")),
      element("div", {}, element("small", { class: "soft" }, found.outcome === "crashed" ? "the chain failed" : "with the change"), textView(found.became || "(gone)"))),
    found.after ? command(`genops trace diff ${found.before.slice(0, 12)} ${found.after.slice(0, 12)}`) : null);
  return [folding(`Answers that changed (${changed.length})`, () => element("div", { class: "card" }, ...changed.map(one)))];
}

// ---- every try, by phase and outcome

function showTries() {
  if (!summary.objectives.length) return;
  const names = Object.entries(report.outcomes).filter(([key]) => ["breach", "safe", "crashed", "unscored", "infrastructure"].includes(key) || summary.objectives.some((one) => one.sweep[key] + one.search[key] + one.strategy[key]));
  const phases = [["sweep", "sweep, which rates are of"], ["search", "search"], ["strategy", "strategies"]];
  const rowsOf = (one) => phases.filter(([phase]) => phase === "sweep" || total(one[phase])).map(([phase, name], place) => element("tr", {},
    element("th", { scope: "row" }, place ? "" : one.name), element("td", {}, name),
    element("td", { class: "right" }, total(one[phase]).toLocaleString("en") + (phase === "sweep" && total(one.sweep) < one.planned ? ` of ${one.planned.toLocaleString("en")}` : "")),
    ...names.map(([key]) => element("td", { class: `right ${one[phase][key] ? { breach: "bad", infrastructure: "bad", crashed: "warn", unscored: "warn" }[key] ?? "" : "soft"}` }, one[phase][key].toLocaleString("en")))));
  document.getElementById("tries").append(element("div", { class: "card" }, tableOf(["objective", "phase", "tries>", ...names.map(([, name]) => `${name}>`)], summary.objectives.flatMap(rowsOf))));
}

// ---- start

drawHead();
drawFilters();
listRows();
showHead();
showObjectives();
showMap();
showFields();
showSteps();
showCurves();
showRobustness();
showTries();
showContents();
drawRows();
performance.mark("ready");
startTable("finding", findings.length);
