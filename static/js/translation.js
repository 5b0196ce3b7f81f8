// Translations come by htmx into their post. One that failed says so there; an answer without any (one
// has been signed out, or asks too often) is a page to be read.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr } = event.detail;
  if (!target.classList.contains("translation")) return;
  event.detail.isError = false;
  event.detail.shouldSwap = xhr.responseText.includes(`id="${target.id}"`);
  if (!event.detail.shouldSwap) location.assign(target.querySelector("a").href);
});

document.addEventListener("htmx:sendError", (event) => {
  const { target } = event.detail;
  if (target.classList.contains("translation")) location.assign(target.querySelector("a").href);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.classList.contains("translation")) event.detail.target.focus();
});
