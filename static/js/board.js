// The board's parts poll themselves (htmx). This spares what need not be asked or drawn, draws the charts
// from the numbers in the tables, and says when the site does not answer.
const language = document.documentElement.lang;
const shown = new Map(); // the last answer, by the part that it is for
const opened = new Set(); // the <details> that were open before a part was replaced
const charts = [];
const silence = document.getElementById("board-silence");

const CHARTS = {
  ended: { type: "bar", series: ["succeeded", "failed", "cancelled", "retried"] },
  times: { type: "line", series: ["wait_50", "wait_95", "time_50", "time_95"] },
};
const UNITS = [
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
  ["millisecond", 0.001],
];

const say = (seconds) => {
  if (!seconds) return "0";
  const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? UNITS.at(-1);
  const options = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 };
  return new Intl.NumberFormat(language, options).format(seconds / length);
};

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

// Seconds between two lines of a chart, so that they are at round times; what is shorter Chart.js knows.
const step = (datasets) => {
  const most = Math.max(...datasets.flatMap(({ data }) => data));
  return most < 5 ? undefined : STEPS.find((seconds) => most / seconds <= 5);
};

// {label, of each series by its name {label, values}}
const read = (table) => {
  const rows = [...table.tBodies[0].rows];
  const labels = rows.map((row) => row.cells[0].textContent);
  const series = {};
  for (const head of table.tHead.rows[0].cells) {
    if (!head.dataset.series) continue;
    const values = rows.map(({ cells }) => cells[head.cellIndex].dataset.value);
    series[head.dataset.series] = {
      label: head.textContent,
      values: values.map((value) => (value === "" ? null : Number(value))),
    };
  }
  return { labels, series };
};

const options = (type, colour, datasets) => {
  const ticks = { color: colour("fg"), maxRotation: 0, autoSkipPadding: 12 };
  const isTime = type === "line";
  return {
    locale: language, // not that of the browser
    animation: false,
    maintainAspectRatio: false,
    interaction: { mode: "index", intersect: false },
    scales: {
      x: { stacked: true, ticks, grid: { display: false } },
      y: {
        stacked: !isTime,
        beginAtZero: true,
        grid: { color: colour("grid") },
        ticks: { ...ticks, ...(isTime ? { callback: say, stepSize: step(datasets) } : { precision: 0 }) },
      },
    },
    plugins: {
      legend: {
        position: "bottom",
        // A line, dashed as in the chart: a box without a height, of a width at which its two sides meet.
        labels: { color: colour("fg"), ...(isTime ? { boxWidth: 25, boxHeight: 0 } : { boxWidth: 12 }) },
      },
      tooltip: isTime
        ? { callbacks: { label: ({ dataset, raw }) => `${dataset.label}: ${say(raw)}` } }
        : {},
    },
  };
};

const draw = () => {
  charts.splice(0).forEach((chart) => chart.destroy());
  const style = getComputedStyle(document.getElementById("board-lately"));
  const colour = (name) => style.getPropertyValue(`--board-${name}`);
  for (const canvas of document.querySelectorAll("canvas[data-chart]")) {
    const { type, series: names } = CHARTS[canvas.dataset.chart];
    const { labels, series } = read(canvas.closest("section").querySelector("table"));
    const datasets = names.map((name) => ({
      label: series[name].label,
      data: series[name].values,
      backgroundColor: colour(name),
      borderColor: colour(name),
      borderWidth: type === "line" ? 2 : 0,
      borderDash: name.endsWith("_95") ? [5, 4] : [],
      pointRadius: type === "line" ? 2 : 0,
      stack: name === "retried" ? "again" : "ended", // it is no end, and stands beside
    }));
    const data = { labels, datasets };
    charts.push(new Chart(canvas, { type, data, options: options(type, colour, datasets) }));
  }
};

const look = () => {
  if (document.hidden) return;
  htmx.trigger("#board-now", "board:look");
  htmx.trigger("#board-lately", "board:look-back");
};

const isPart = (element) => element.classList.contains("board-part");

document.addEventListener("visibilitychange", look);

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, serverResponse, xhr } = event.detail;
  if (!isPart(target)) return;
  // Who has been signed out gets another page, which is no part of this one.
  const isAnswer = xhr.status === 200 && serverResponse.includes(`id="${target.id}"`);
  silence.hidden = isAnswer;
  // What has not changed comes from the browser's cache: leave the focus where it is.
  event.detail.shouldSwap = isAnswer && shown.get(target.id) !== serverResponse;
  if (!event.detail.shouldSwap) return;
  shown.set(target.id, serverResponse);
  opened.clear();
  for (const details of document.querySelectorAll("details[open]")) opened.add(details.id);
});

document.addEventListener("htmx:sendError", () => {
  silence.hidden = false;
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "board-lately") return;
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  draw();
});

const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", draw);
const watch = { attributes: true, attributeFilter: ["data-theme"] };
new MutationObserver(draw).observe(document.documentElement, watch);
draw();
