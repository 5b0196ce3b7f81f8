// What htmx puts in the place of something may lack what had the focus. Then the same thing gets it that
// htmx has not known by an id, else what is nearest: in the same part of the page, or around that.
const FOCUSABLE = "a[href], button:enabled, summary, [tabindex]";
const what = ({ href, textContent }) => href ?? textContent;
let lost;
let around = []; // ids of what it was in, from the inside

document.addEventListener("htmx:beforeSwap", () => {
  lost = what(document.activeElement);
  around = [];
  for (let part = document.activeElement; part; part = part.parentElement) {
    if (part.id) around.push(part.id);
  }
});

document.addEventListener("htmx:afterSwap", () => {
  for (const part of around.map((id) => document.getElementById(id))) {
    if (document.activeElement !== document.body) return;
    const inside = [...(part?.querySelectorAll(FOCUSABLE) ?? [])];
    const next = part?.matches(FOCUSABLE) ? part : (inside.find((each) => what(each) === lost) ?? inside[0]);
    next?.focus({ preventScroll: true });
  }
});
