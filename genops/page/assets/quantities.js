// ---- numbers as people read them

function number(value, digits = 3) {
  if (value === null || value === undefined) return "–";
  return Number(value.toPrecision(digits)).toLocaleString("en", { maximumFractionDigits: 8 }).replace("-", "−");
}

function signed(value) {
  return (value > 0 ? "+" : "") + number(value);
}

function share(value) {
  return value === null || value === undefined ? "–" : `${(100 * value).toFixed(value > 0.1 && value < 0.9 ? 0 : 1).replace(/\.0$/, "")}%`;
}

function secondsText(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 3600) return `${Math.floor(value / 3600)} h ${Math.floor((value % 3600) / 60)} min`;
  if (value >= 60) return `${Math.floor(value / 60)} min ${Math.floor(value % 60)} s`;
  if (value >= 1) return `${value.toFixed(value < 10 ? 2 : 1)} s`;
  return value >= 0.001 ? `${number(value * 1000)} ms` : `${Math.round(value * 1e6)} µs`;
}

function dollarsText(value) {
  if (value === null || value === undefined) return "unknown";
  return value === 0 ? "$0" : `$${value >= 0.1 ? value.toFixed(2) : value >= 0.0001 ? number(value) : value.toFixed(7)}`;
}

// How the values of a unit are shown, and how differences of them are.
function shownAs(unit) {
  const whole = (value) => Math.round(value).toLocaleString("en");
  return { share, s: secondsText, USD: dollarsText, tokens: whole }[unit] ?? number;
}

function signedAs(unit) {
  const show = shownAs(unit === "share" ? "score" : unit);
  return (value) => (value > 0 ? "+" : value < 0 ? "−" : "") + show(Math.abs(value));
}

function tokensText(used) {
  return used.input_tokens || used.output_tokens ? `${(used.input_tokens ?? 0).toLocaleString("en")} in, ${(used.output_tokens ?? 0).toLocaleString("en")} out` : "";
}

function counted(count, noun, plural = `${noun}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? noun : plural}`;
}
