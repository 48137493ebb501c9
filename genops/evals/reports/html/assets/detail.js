// ---- one sample, beside another of its case

let compared = null;

async function openSample(index, other = usualOther(index)) {
  choose(index);
  compared = other;
  const known = await textsOfCase(columns.case[index]);
  if (chosen !== index || compared !== other) return;
  const members = siblings(index);
  const sampleOf = (at) => ({ index: at, ...known.samples[at - members[0]] });
  const [own, beside] = [sampleOf(index), other === null ? null : sampleOf(other)];
  dialog.replaceChildren(
    dialogHead(columns.cases[columns.case[index]], index, "sample"),
    element("div", { class: "sides" }, valueBlock("Inputs", known.inputs ?? known), known.expected ? valueBlock("Expected", known.expected) : null),
    element("div", { class: "sides" }, sideView(own, beside, members), beside ? sideView(beside, own, members) : null),
    ...aboutCase(known),
  );
  showDialog("sample", index);
}

// The same repetition of the baseline, or of the variant after it where the sample is the baseline's.
function usualOther(index) {
  if (!severalVariants) return null;
  const fit = siblings(index).filter((at) => columns.repeat[at] === columns.repeat[index] && at !== index);
  return fit.find((at) => columns.variant[at] === baseline) ?? fit[0] ?? null;
}

function valueBlock(title, shown) {
  return block(title, boxed(shownView(shown, leafView)), cutNote(shown));
}

function shownView(shown, leaf) {
  if (!shown) return element("span", { class: "soft" }, "(none)");
  if (shown.problem) return element("span", { class: "soft" }, `(${shown.problem})`);
  return shown.cut === undefined ? valueView(shown.value, leaf) : leaf(shown.cut, "");
}

function cutNote(shown) {
  if (shown?.cut === undefined) return null;
  return element("p", { class: "cut" }, `Cut after ${shown.cut.length.toLocaleString("en")} of ${shown.of.toLocaleString("en")} characters; the trace has all of it.`);
}

function sideView(sample, other, members) {
  const { index } = sample;
  const isOwn = index === chosen;
  const facts = [
    ["time", secondsText(columns.seconds[index])],
    ["cost", dollarsText(columns.cost[index])],
    ["tokens", tokensText(sample)],
    ["judges", sample.judged?.calls ? `${sample.judged.calls} calls, ${tokensText(sample.judged)}, ${dollarsText(sample.judged.cost)}` : ""],
  ];
  return element("section", { class: "side", "aria-label": nameOfSample(index) },
    element("div", { class: "who" }, element("h3", {}, nameOfSample(index)), stateCell(index), isOwn && members.length > 1 ? comparison(members) : null),
    element("dl", { class: "facts" }, ...facts.filter(([, value]) => value).map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)))),
    sample.error ? block("What failed", failureView(sample.error)) : block("Output", boxed(shownView(sample.output, markedLeaf(sample, other))), cutNote(sample.output), legend(sample, other)),
    ...Object.entries(sample.scores ?? {}).map(([name, score]) => scoreView(name, score)),
    sample.run ? block("Trace", command(`genops trace show ${sample.run}`)) : null,
  );
}

function comparison(members) {
  const select = element("select", { "aria-label": "Beside it", onchange: () => openSample(chosen, select.value === "" ? null : Number(select.value)) },
    element("option", { value: "" }, "nothing"),
    ...members.filter((at) => at !== chosen).map((at) => element("option", { value: at }, nameOfSample(at))));
  select.value = compared ?? "";
  return element("label", { class: "beside" }, "beside it ", select);
}

function scoreView(name, score) {
  const verdict = score.unscored !== undefined ? "unscored" : score.passed === true ? "passed" : score.passed === false ? "bad" : "";
  return element("section", { class: "block score" },
    element("h3", {}, name, " ", score.value === undefined ? null : element("b", {}, shownAs(unitOf(name))(score.value)), " ",
      verdict ? element("span", { class: `pill ${verdict}` }, WORD_OF[verdict]) : null, score.label ? ` ${score.label}` : null),
    score.unscored !== undefined ? textView(score.unscored) : null,
    score.explanation ? textView(score.explanation) : null,
    score.evidence ? element("ul", { class: "evidence" }, ...score.evidence.map(evidenceView)) : null,
    score.metadata ? folding("Further facts", () => boxed(shownView(score.metadata, leafView))) : null,
    score.run ? command(`genops trace show ${score.run}`) : null);
}

function evidenceView(piece) {
  const where = [piece.source ?? "output", piece.span ? `characters ${piece.span[0]}–${piece.span[1]}` : null, piece.note].filter(Boolean).join(" · ");
  return element("li", {}, element("q", { class: "text" }, piece.text), element("span", { class: "soft" }, where));
}

function aboutCase(known) {
  const about = { ...known.about };
  const rest = known.metadata ? [valueBlock("Metadata of the case", known.metadata)] : [];
  return isDeep(about) ? [...rest, block("The case", boxed(valueView(about)))] : rest;
}

// ---- marks in an output: the words that the other one does not have, and what scores rest on

function markedLeaf(sample, other) {
  const evidence = evidenceOf(sample);
  const otherLeaves = new Map();
  const remember = (value, path) => { otherLeaves.set(path, value); return element("i"); };
  if (other && !other.error) shownView(other.output, remember);
  return (value, path) => {
    if (typeof value !== "string" || value === "") return leafView(value);
    const marks = evidence.flatMap((piece) => placeOf(piece, value));
    const twin = otherLeaves.get(path);
    if (typeof twin === "string") marks.push(...onlyHere(value, twin));
    return marks.length ? markedText(value, marks) : textView(value);
  };
}

function evidenceOf(sample) {
  return Object.entries(sample.scores ?? {}).flatMap(([name, score]) =>
    (score.evidence ?? []).filter((piece) => (piece.source ?? "output") === "output" && piece.span)
      .map((piece) => ({ ...piece, title: piece.note ? `${name}: ${piece.note}` : name })));
}

// Spans count characters, texts count UTF-16 units; a span that does not hold the evidence is of another text.
function placeOf(piece, text) {
  const unit = /[\ud800-\udfff]/.test(text) ? (place) => Array.from(text).slice(0, place).join("").length : (place) => place;
  const [from, to] = piece.span.map(unit);
  return to > from && text.slice(from, to) === piece.text ? [{ from, to, kind: "evidence", title: piece.title }] : [];
}

function onlyHere(text, twin) {
  const marks = [];
  let from = 0;
  for (const [words, kept] of difference(text, twin)?.[0] ?? []) {
    if (!kept && words.trim()) marks.push({ from, to: from + words.length, kind: "only", title: "not in the other output" });
    from += words.length;
  }
  return marks;
}

function markedText(text, marks) {
  const box = element("div", { class: "text", dir: "auto" });
  const ends = [...new Set([0, text.length, ...marks.flatMap((mark) => [mark.from, mark.to])])].sort((a, b) => a - b);
  ends.slice(0, -1).forEach((from, place) => {
    const over = marks.filter((mark) => mark.from <= from && from < mark.to);
    const part = text.slice(from, ends[place + 1]);
    const title = visible([...new Set(over.map((mark) => mark.title))].join("\n"));
    box.append(over.length ? element("mark", { class: over.map((mark) => mark.kind).join(" "), title }, part) : visible(part));
  });
  return box;
}

function legend(sample, other) {
  const parts = [];
  if (other && !other.error && !sample.error) parts.push(element("mark", { class: "only" }, "not in the other output"));
  if (evidenceOf(sample).length) parts.push(element("mark", { class: "evidence" }, "what a score rests on"));
  return parts.length ? element("p", { class: "legend" }, ...parts.flatMap((part) => [part, " "])) : null;
}
