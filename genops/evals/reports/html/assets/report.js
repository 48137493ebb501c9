// ---- the head: verdict, failures, notes

const { summary } = report;
const { variants, verdict } = summary;

function showHead() {
  const outcome = verdict?.outcome ?? summary.status;
  const made = variants.reduce((sum, variant) => sum + variant.counts.samples, 0);
  const started = new Date(summary.started / 1e6).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  const took = summary.ended ? secondsText((summary.ended - summary.started) / 1e9) : "not ended";
  document.getElementById("head").append(
    element("h1", {}, summary.suite, summary.name ? element("span", { class: "soft" }, ` ${summary.name}`) : null, element("span", { class: `pill ${outcome}` }, outcome)),
    element("p", { class: "summary" }, [started, took, counted(summary.cases, "case"), counted(variants.length, "variant"),
      summary.repeat > 1 ? `${summary.repeat} repeats` : null, counted(made, "sample")].filter(Boolean).join(" · ")),
    element("p", { class: "chips" }, chip("evaluation", summary.evaluation), chip("revision", summary.revision || "none"),
      chip("dataset", `${summary.dataset} ${summary.dataset_digest.slice(0, 12)}`), summary.clusters ? chip("clusters", summary.clusters.toLocaleString("en")) : null,
      summary.weighted ? chip("cases", "weighted") : null),
    ...(summary.notes.length ? [element("ul", { class: "notes" }, ...summary.notes.map((note) => element("li", {}, ...prose(note))))] : []),
  );
}

function showVerdict() {
  if (!verdict) return;
  const { used, samples } = verdict;
  const words = { pass: "The gate passes", fail: "The gate fails", undecided: "The gate is undecided" }[verdict.outcome];
  const rule = (held) => element("tr", {},
    element("td", {}, element("code", {}, held.rule)),
    element("td", {}, held.variant),
    element("td", {}, element("span", { class: `pill ${held.outcome}` }, held.outcome)),
    element("td", { class: "right" }, number(held.estimate)),
    element("td", { class: "right" }, held.low === null ? "–" : `${number(held.low)} to ${number(held.high)}`, element("span", { class: "soft" }, ` at ${share(held.level)}`)),
    element("td", { class: "right" }, held.n.toLocaleString("en")),
    element("td", { class: "right" }, held.missing.toLocaleString("en")));
  const critical = [["failed", verdict.critical], ["have no score", verdict.critical_missing]].filter(([, ids]) => ids.length)
    .map(([how, ids]) => element("p", { class: "bad" }, `Cases that must pass and ${how}: ${ids.slice(0, 20).join(", ")}${ids.length > 20 ? `, and ${ids.length - 20} more` : ""}`));
  document.getElementById("verdict").append(element("div", { class: `card verdict ${verdict.outcome}` },
    element("h2", {}, words),
    element("p", { class: "soft" }, `${used.toLocaleString("en")} of ${counted(samples, "sample")} ${used === 1 ? "was" : "were"} used (${share(used / samples)}); `
      + `wrong at most ${share(verdict.alpha)} of the time, about ${verdict.about === "dataset" ? "this dataset" : "the population that the cases were drawn from"}.`
      + (verdict.outcome !== "undecided" && verdict.seen < verdict.units ? ` Certain after ${counted(verdict.seen, "unit")}; nothing later counts.` : "")),
    ...critical,
    tableOf(["rule", "variant", "verdict", "estimate>", "confidence sequence>", "units>", "missing>"], verdict.rules.map(rule))));
}

// The three kinds of failure; each leads to its samples.
function showFailures() {
  const sum = (name) => variants.reduce((total, variant) => total + variant.counts[name], 0);
  const most = (found) => Object.entries(found).sort(([, a], [, b]) => b - a).slice(0, 3).map(([what, count]) => `${what} ${count.toLocaleString("en")}`).join(", ");
  const gathered = (pairs) => pairs.reduce((all, [what, count]) => ({ ...all, [what]: (all[what] ?? 0) + count }), {});
  const kinds = [
    ["error", "infrastructure", "Infrastructure failed", "no sample to score", gathered(variants.flatMap((variant) => Object.entries(variant.counts.errors)))],
    ["unscored", "unscored", "Unscored", "a scorer could not tell", gathered(variants.flatMap((variant) => variant.counts.reasons.map((why) => [why.metric, why.count])))],
    ["bad", "bad", "Bad outputs", "a score below its threshold", {}],
  ];
  const perVariant = (name) => (severalVariants ? variants.map((variant) => `${variant.name} ${variant.counts[name].toLocaleString("en")}`).join(", ") : "");
  document.getElementById("failures").append(...kinds.map(([state, name, title, meaning, reasons]) => element("button",
    { type: "button", class: `card tile ${sum(name) ? state : ""}`, onclick: () => showOnly("of-state", state) },
    element("b", {}, sum(name).toLocaleString("en")), element("span", {}, title),
    element("small", {}, [perVariant(name) || meaning, most(reasons)].filter(Boolean).join(" · ")))));
}

// ---- metrics: every variant's mean and interval, its scores, and how far it is from the reference

function showMetrics() {
  const names = [...new Set(variants.flatMap((variant) => Object.keys(variant.metrics)))];
  const thresholds = names.filter((name) => name !== "passed" && specOf(name).threshold !== null);
  const shown = names.filter((name) => name !== "passed" || thresholds.length > 1);
  document.getElementById("metrics").append(...shown.map(metricView));
}

function metricOf(name) {
  return variants.map((variant) => variant.metrics[name]).find(Boolean);
}

function specOf(name) {
  return metricOf(name).spec;
}

function unitOf(name) {
  return metricOf(name)?.mean.unit;
}

function metricView(name) {
  const spec = specOf(name);
  const unit = unitOf(name) === "share" ? "score" : unitOf(name);
  const own = variants.filter((variant) => variant.metrics[name]).map((variant) => [variant, variant.metrics[name], differenceOf(variant, name)]);
  const ends = spec.low === null || spec.high === null ? null : [spec.low, spec.high];
  const numbers = (measures) => measures.filter(Boolean).flatMap((measure) => [measure.value, measure.low, measure.high]).filter((value) => value !== null);
  const means = numbers(own.flatMap(([, metric]) => [metric.mean, metric.corrected]));
  const differences = numbers(own.map(([, , found]) => found?.difference.difference));
  const inside = ends && means.every((value) => value >= ends[0] && value <= ends[1]);
  const scale = means.length ? scaleOf(means, inside ? ends : null) : null;
  const distance = differences.length ? scaleOf([...differences, 0], null) : null;
  const about = [spec.scorer && spec.scorer !== name ? spec.scorer : null, ends ? `${number(ends[0])} to ${number(ends[1])}` : null,
    spec.lower_is_better ? "lower is better" : null, spec.threshold === null ? null : `passes from ${shownAs(unit)(spec.threshold)}`].filter(Boolean).join(" · ");
  const headings = ["variant", "mean and interval", "", "scores", ...(distance ? [`against ${[...new Set(own.map(([, , found]) => found?.reference).filter(Boolean))].join(", ")}`, ""] : [])];
  const ticks = unit === "score" ? [] : [shownAs(unit), signedAs(unit)];
  const scales = [null, scale && axisView(scale, ticks[0]), null, null, ...(distance ? [axisView(distance, ticks[1]), null] : [])];
  return element("section", { class: "card metric" }, element("h3", {}, name, element("small", { class: "soft" }, ` ${about}`)),
    element("div", { class: "wide" }, element("table", { class: distance ? "metrics compared" : "metrics" },
      element("thead", {}, element("tr", {}, ...headings.map((title) => element("th", { scope: "col" }, title)))),
      element("tbody", {}, ...own.map((row) => metricRow(spec, row, scale, distance)),
        element("tr", { class: "axis", "aria-hidden": "true" }, ...scales.map((view) => element("td", {}, view)))))));
}

function metricRow(spec, [variant, metric, found], scale, distance) {
  const { mean, corrected } = metric;
  const passes = metric.pass_rate && metric.pass_rate.value !== mean.value ? metric.pass_rate : null;
  const extra = [
    [`n ${mean.n.toLocaleString("en")}`, mean.clusters ? counted(mean.clusters, "cluster") : null, passes ? `passes ${measureText(passes)}` : null].filter(Boolean).join(" · "),
    ...metric.tries.map((tries) => `pass@${tries.k} ${share(tries.any.value)}, pass^${tries.k} ${share(tries.all.value)}`),
    metric.missing ? `${counted(metric.missing, "score")} missing${metric.bounds ? `, with them ${metric.bounds.map((end) => shownAs(mean.unit)(end)).join(" to ")}` : ""}` : null,
    corrected ? (corrected.value === null ? `not corrected by labels: ${corrected.missing}` : `corrected by ${counted(corrected.n, "label")} ${measureText(corrected)}`) : null,
  ].filter(Boolean);
  return element("tr", {},
    element("th", { scope: "row" }, variant.name),
    element("td", { class: "picture" }, scale ? intervalView(mean, scale) : null, corrected?.value != null && scale ? intervalView(corrected, scale, { kind: "corrected" }) : null),
    element("td", { class: "words" }, element("b", { title: mean.method }, measureText(mean)), ...extra.map((text) => element("small", {}, text))),
    element("td", { class: "picture" }, metric.histogram ? histogramView(metric.histogram, spec.name === "passed" ? null : spec.threshold) : null),
    ...(distance ? differenceCells(found, distance) : []));
}

function differenceOf(variant, name) {
  const comparison = summary.comparisons.find((one) => one.variant === variant.name);
  const difference = comparison?.metrics.find((one) => one.metric === name);
  return difference ? { difference, reference: comparison.evaluation ? `${comparison.reference} of ${comparison.evaluation.slice(0, 12)}` : comparison.reference } : null;
}

function differenceCells(found, scale) {
  if (!found) return [element("td", { class: "picture" }), element("td", { class: "words soft" }, "the reference")];
  const { difference } = found;
  const tone = { better: "good", worse: "bad" }[difference.direction] ?? "";
  const shown = (value) => (value === null ? "–" : value < 0.001 ? "< 0.001" : number(value));
  const { correction } = summary;
  return [
    element("td", { class: "picture" }, intervalView(difference.difference, scale, { zero: true, kind: tone })),
    element("td", { class: "words" },
      element("b", { class: tone, title: difference.difference.method }, measureText(difference.difference, signedAs(difference.difference.unit)), tone ? ` ${difference.direction}` : ""),
      difference.p === null ? null : element("small", {}, `p ${shown(difference.p)} (${difference.test})`),
      difference.adjusted === null ? null : element("small", { title: `of ${counted(correction.tests.length, "test")}` }, `adjusted ${shown(difference.adjusted)} (${correction.method})`),
      element("small", {}, `${difference.wins.toLocaleString("en")} better, ${difference.losses.toLocaleString("en")} worse, ${difference.ties.toLocaleString("en")} equal`)),
  ];
}

// ---- answers that a judge compared two by two

function showPairs() {
  const { pairs } = summary;
  if (!pairs) return;
  const row = (...cells) => element("tr", {}, ...cells.map((text, place) => (place ? element("td", { class: "right" }, text) : element("th", { scope: "row" }, text))));
  const strengths = pairs.ratings.map((one) => row(one.variant, measureText(one.strength, signed), ...[one.wins, one.ties, one.losses].map((count) => count.toLocaleString("en"))));
  const rates = pairs.win_rates.map((rate) => row(`${rate.variant} against ${rate.against}`, measureText(rate.raw),
    rate.length_controlled ? measureText(rate.length_controlled) : "–", rate.raw.n.toLocaleString("en")));
  document.getElementById("pairs").append(element("div", { class: "card" }, element("h3", {}, "Answers judged two by two"),
    tableOf(["variant", "rating, 95%>", "wins>", "ties>", "losses>"], strengths),
    tableOf(["variants", "win rate, 95%>", "at one length, 95%>", "verdicts>"], rates),
    element("p", { class: "soft" }, `${counted(pairs.verdicts, "verdict")}, ${pairs.unscored.toLocaleString("en")} unscored; both orders agree in ${measureText(pairs.orders_agree)}; `
      + "ratings are log-odds against the average (Bradley and Terry), ties half a win each")));
}

// ---- what it took: chains and judges apart

function perPassText(found) {
  if (!found) return "";
  const { measure, unknown } = found;
  const text = measure.value === null ? measure.missing : `${measureText(measure, dollarsText)}, n ${measure.n.toLocaleString("en")}`;
  return text + (unknown ? ` (${unknown.toLocaleString("en")} unknown)` : "");
}

function showUsage() {
  const row = (variant, what, usage) => element("tr", {},
    element("th", { scope: "row" }, what === "chain" ? variant.name : ""), element("td", {}, what),
    ...[
      dollarsText(usage.cost.total) + (usage.cost.unknown ? ` (${usage.cost.unknown.toLocaleString("en")} unknown)` : ""),
      measureText(usage.cost.mean, dollarsText),
      what === "chain" ? perPassText(variant.cost_per_pass) : "",
      usage.input_tokens.toLocaleString("en"), usage.output_tokens.toLocaleString("en"),
      measureText(usage.latency.p50, secondsText), measureText(usage.latency.p95, secondsText),
    ].map((text) => element("td", { class: "right" }, text)));
  const rows = variants.flatMap((variant) => [row(variant, "chain", variant.chain_usage), ...(variant.judge_usage ? [row(variant, "judges", variant.judge_usage)] : [])]);
  document.getElementById("usage").append(element("div", { class: "card" }, element("h3", {}, "Cost, tokens and latency"),
    tableOf(["variant", "of", "cost>", "a sample>", "a passing sample>", "tokens in>", "tokens out>", "latency, median>", "latency, 95%>"], rows)));
}

// ---- start

if (typeof DecompressionStream === "undefined") {
  document.querySelector("#samples h2").after(element("p", { class: "notice" }, "This browser cannot unpack the texts of the samples; one from 2023 or later can."));
}
drawHead();
drawFilters();
listRows();
performance.mark("rows");
showHead();
showVerdict();
showFailures();
showMetrics();
showPairs();
showUsage();
drawRows();
performance.mark("ready");
startTable("sample", sampleCount);
