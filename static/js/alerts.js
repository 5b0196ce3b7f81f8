// The alerts poll themselves (htmx). This spares what need not be asked or drawn, and tells the rest
// of the page when a task began or ended.
const active = () => document.getElementById("alerts")?.dataset.active;
let before = active();
let shown = "";

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.requestConfig.verb === "get") event.preventDefault();
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && active()) htmx.trigger("#alerts", "tasks:look");
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "alerts") return;
  // An unchanged fragment comes from the browser's cache: leave the focus where it is.
  if (event.detail.serverResponse === shown) event.detail.shouldSwap = false;
  shown = event.detail.serverResponse;
});

document.addEventListener("htmx:afterSettle", () => {
  if (active() === before) return;
  before = active();
  document.body.dispatchEvent(new Event("tasks:changed"));
});
