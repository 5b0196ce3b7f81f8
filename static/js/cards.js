// Who lingers on a name, or comes to it by keyboard, sees a card of that person. It follows the name
// in the page, so that Tab leads into it. Escape closes it.
const LINGER = 400; // milliseconds
const GRACE = 250; // to get from the name to its card
const NAME = "[data-card], .post-body a[href^='/@']";
const cards = new Map();
const card = document.createElement("div");
card.className = "hover-card";
card.setAttribute("role", "group");
card.setAttribute("aria-labelledby", "card-name");
card.dir = document.documentElement.dir || "ltr"; // not that of the text it is in
card.lang = document.documentElement.lang;
let timer;
let name; // what the card is about, or will be: a link, or a part of one
let dismissed; // one that has had enough of it, before it was left

const linkOf = (part) => part?.closest("a");

const close = () => {
  clearTimeout(timer);
  card.remove();
  name = undefined;
};

// Below the name; above it where there is no room; never beyond the edge.
const place = () => {
  const around = (card.offsetParent ?? document.documentElement).getBoundingClientRect();
  const spot = [...name.getClientRects()].at(-1);
  const { width, height } = card.getBoundingClientRect();
  const isAbove = spot.bottom + height > innerHeight && spot.top > height;
  const left = Math.max(0, Math.min(spot.left, document.documentElement.clientWidth - width - 8));
  card.style.top = `${(isAbove ? spot.top - height : spot.bottom) - around.top}px`;
  card.style.left = `${left - around.left}px`;
};

const show = async (wanted) => {
  const url = wanted.dataset.card ?? `${wanted.pathname}card/`;
  if (!cards.has(url)) {
    const response = await fetch(url);
    if (!response.ok) return;
    cards.set(url, await response.text());
  }
  if (name !== wanted) return; // they have moved on
  card.innerHTML = cards.get(url);
  linkOf(name).after(card);
  place();
};

// By mouse it is the name that counts; by keyboard, the link that it is in.
const nameAt = ({ type, target, pointerType }) => {
  if (type === "pointerover") return pointerType === "touch" ? null : target.closest?.(NAME);
  if (!target.matches("a:focus-visible")) return null;
  return target.matches(NAME) ? target : target.querySelector(NAME);
};

const come = (event) => {
  if (card.contains(event.target)) return clearTimeout(timer);
  const wanted = nameAt(event);
  if (!wanted || wanted === dismissed) return;
  clearTimeout(timer);
  if (wanted === name && card.isConnected) return;
  close();
  name = wanted;
  timer = setTimeout(show, LINGER, name);
};

const leave = ({ type, target, relatedTarget: to }) => {
  const isFocus = type === "focusout";
  const left = (part) => part?.contains(target) && !part.contains(to);
  if (left(linkOf(dismissed))) dismissed = undefined;
  const around = isFocus ? linkOf(name) : name;
  if (around?.contains(to) || card.contains(to)) return;
  if (!left(around) && !left(card)) return;
  clearTimeout(timer);
  timer = setTimeout(close, isFocus ? 0 : GRACE);
};

document.addEventListener("pointerover", come);
document.addEventListener("focusin", come);
document.addEventListener("pointerout", leave);
document.addEventListener("focusout", leave);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !name) return;
  dismissed = name;
  if (card.contains(document.activeElement)) linkOf(name).focus();
  close();
});
