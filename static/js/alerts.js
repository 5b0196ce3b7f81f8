// The alerts poll themselves (htmx). This spares what need not be asked or drawn, and tells the rest
// of the page that a task moved on (tasks:moved), or began or ended (tasks:changed), and that there
// are more or fewer unread messages (messages:changed).
const alerts = () => document.getElementById("alerts");
let active = alerts()?.dataset.active;
let shown = "";
let words = alerts()?.textContent;
const unread = () => document.getElementById("badge-messages")?.textContent;
let unreadBefore = unread();

// Read out is what matters, on whatever page and once: that a task began, each quarter, how it ended.
const announce = () => {
  const news = [];
  for (const { dataset } of document.querySelectorAll("#alerts > [data-said]")) {
    const key = `said:${dataset.task}`;
    const said = dataset.said.trim();
    if (sessionStorage.getItem(key) !== said) news.push(said);
    sessionStorage.setItem(key, said);
  }
  if (news.length) document.getElementById("announcer").textContent = news.join(" ");
};

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.requestConfig.verb === "get") event.preventDefault();
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && alerts()) htmx.trigger("#alerts", "tasks:look");
});

// By the back button comes a page as the browser kept it, maybe of somebody who has signed out since.
let kept = false;

addEventListener("pageshow", (event) => {
  kept = event.persisted;
  if (kept) htmx.trigger("#alerts", "tasks:look");
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.target.id !== "alerts") return;
  if (kept && event.detail.xhr.status === 401) location.reload();
  if (event.detail.successful) kept = false; // without an answer, nobody knows yet
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "alerts") return;
  // An unchanged fragment comes from the browser's cache: there is nothing to draw.
  if (event.detail.serverResponse === shown) event.detail.shouldSwap = false;
  shown = event.detail.serverResponse;
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "alerts") return;
  announce();
  if (alerts().textContent !== words) document.body.dispatchEvent(new Event("tasks:moved"));
  words = alerts().textContent;
  if (unread() !== unreadBefore) document.body.dispatchEvent(new Event("messages:changed"));
  unreadBefore = unread();
  if (alerts().dataset.active === active) return;
  active = alerts().dataset.active;
  document.body.dispatchEvent(new Event("tasks:changed"));
});

// What a page says at its top gets the focus and is read out by that, but where the address leads to
// something below it.
const told = location.hash && document.querySelector("main > .alert[autofocus]");
if (told) document.getElementById("announcer").textContent = told.textContent;
else announce();
