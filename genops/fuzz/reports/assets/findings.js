// ---- the findings: the rows of the table, and each with all that is known of it

const report = dataOf("report");
const { summary, findings } = report;
const objectiveOf = new Map(summary.objectives.map((objective) => [objective.name, objective]));
const wanted = { words: [], severity: "", objective: "", mutator: "", step: "" };
const WHOLE = "(the chain as a whole)";
const BARE = "(as written)";
const EMPTY = "(an empty text)";

const tableColumns = [
  { key: "severity", title: "severity", width: 84, value: (index) => report.severities.indexOf(findings[index].severity), cell: (index) => severityView(findings[index].severity) },
  { key: "objective", title: "objective", width: 150, grow: 0.5, value: (index) => findings[index].objective },
  { key: "step", title: "step", width: 120, grow: 0.5, value: (index) => findings[index].step || WHOLE },
  { key: "mutators", title: "mutators", width: 130, grow: 0.8, value: (index) => findings[index].mutators || BARE },
  { key: "attack", title: "shortest attack", width: 220, grow: 3, value: (index) => findings[index].attack.text, cell: attackCell },
  { key: "label", title: "detected as", width: 120, grow: 0.6, value: (index) => findings[index].label },
];

function severityView(severity) {
  return element("span", { class: `pill ${severity}` }, severity);
}

function attackCell(index) {
  const { text } = findings[index].attack;
  if (!text) return element("span", { class: "soft" }, EMPTY);
  return element("span", { class: "mono", title: text.slice(0, 1000) }, text.length > 200 ? `${text.slice(0, 200)} …` : text);
}

function listRows() {
  rows = [];
  findings.forEach((finding, index) => { if (isWanted(finding)) rows.push(index); });
  sortRows();
  showCount(findings.length, "finding");
  scroller.style.setProperty("--count", rows.length);
  scroller.scrollTop = 0;
  drawRows();
}

function isWanted(finding) {
  if (wanted.severity && finding.severity !== wanted.severity) return false;
  if (wanted.objective && finding.objective !== wanted.objective) return false;
  if (wanted.step && (finding.step || WHOLE) !== wanted.step) return false;
  if (wanted.mutator && !namesOf(finding).includes(wanted.mutator)) return false;
  return wanted.words.every((word) => textOf(finding).includes(word));
}

// The mutators that a finding needs; of one that needs none, the word for that.
function namesOf(finding) {
  return finding.mutations.length ? finding.mutations.map((mutation) => mutation.mutator) : [BARE];
}

function textOf(finding) {
  finding.searched ??= [finding.id, finding.objective, finding.severity, finding.label, finding.seed, finding.surface, finding.case, finding.field, finding.mutators,
    finding.attack.text, finding.start.text, finding.step || WHOLE, finding.run].join("\n").toLowerCase();
  return finding.searched;
}

function drawFilters() {
  const named = (every, values) => [["", every], ...(values.length > 1 ? values.map((value) => [value, value]) : [])];
  const seen = (of) => [...new Set(findings.flatMap(of))].sort(order.compare);
  const severities = report.severities.filter((severity) => findings.some((finding) => finding.severity === severity));
  choices("of-severity", named("any", severities), (value) => { wanted.severity = value; });
  choices("of-objective", named("any", seen((finding) => finding.objective)), (value) => { wanted.objective = value; });
  choices("of-mutator", named("any", seen(namesOf)), (value) => { wanted.mutator = value; });
  choices("of-step", named("any", seen((finding) => finding.step || WHOLE)), (value) => { wanted.step = value; });
  onWords((words) => { wanted.words = words; });
}

// ---- one finding

function openRow(index) {
  choose(index);
  const finding = findings[index];
  const objective = objectiveOf.get(finding.objective);
  const facts = [
    ["objective", finding.objective], ["detected as", finding.label], ["step where the defence failed", finding.step || WHOLE],
    ["enters by", finding.field ? `the field ${finding.field}` : { input: "an input", passage: "a passage that is retrieved", tool: "the result of a tool" }[finding.surface] ?? finding.surface],
    ["carried by the case", finding.case],
    ["seed", finding.seed], ["shortest", finding.minimal ? `nothing more can be left out (${counted(finding.tries, "try", "tries")})` : `not known: stopped after ${counted(finding.tries, "try", "tries")}`],
    ["tags", tagsOf(objective?.tags)], ["finding", finding.id],
  ];
  const mutation = ({ mutator, seed, settings }) => element("li", {}, element("b", {}, mutator),
    element("span", { class: "soft" }, ` seed ${seed}${Object.keys(settings).length ? `, ${JSON.stringify(settings)}` : ""}`));
  dialog.replaceChildren(...[
    dialogHead(objective?.title ?? finding.objective, index, "finding"),
    element("p", { class: "stands" }, severityView(finding.severity)),
    element("dl", { class: "facts" }, ...facts.filter(([, value]) => value).map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)))),
    block("Shortest attack", boxed(spelledView(finding.attack)), cutNote(finding.attack), unseenNote(finding.attack)),
    block("Mutators, in their order", finding.mutations.length ? element("ol", { class: "chain" }, ...finding.mutations.map(mutation)) : element("p", { class: "soft" }, "None: the text gets there as it is written.")),
    finding.mutations.length ? block("Text that they begin with", boxed(spelledView(finding.start)), cutNote(finding.start)) : null,
    block("Run it again", command(`genops fuzz repro ${finding.id.slice(0, 12)}`)),
    finding.run ? block("See what happened", command(`genops trace show ${finding.run.slice(0, 12)}`)) : null,
  ].filter(Boolean));
  showDialog("finding", index);
}

// A text that was spelled out: what cannot be seen, or acts, stands as \u200b, and stands out.
function spelledView({ text }) {
  const box = element("div", { class: "text attack", dir: "auto" });
  for (const part of text.split(/(\\(?:[\\nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}))/)) {
    if (!/^\\./.test(part)) box.append(visible(part));
    else if (part === "\\\\") box.append("\\");
    else box.append(element("span", { class: "unseen" }, part), ...(part === "\\n" ? [element("br")] : []));
  }
  return box;
}

function cutNote({ shown, of }) {
  if (shown === of) return null;
  return element("p", { class: "cut" }, `Cut after ${shown.toLocaleString("en")} of ${of.toLocaleString("en")} characters; the trace and the JSON report have all of it.`);
}

function unseenNote({ unseen }) {
  const names = Object.entries(unseen);
  if (!names.length) return null;
  return element("p", { class: "soft note" }, "Spelled out, as they cannot be seen or act: ", names.map(([name, count]) => `${name} (${count.toLocaleString("en")})`).join(", "));
}

function tagsOf(tags) {
  return tags ? [...tags.owasp, ...tags.atlas, ...tags.nist].join(" · ") : "";
}
