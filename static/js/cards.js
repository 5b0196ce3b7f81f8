// Who lingers on a name, or comes to it by keyboard, sees a card of that person. Escape closes it.
const LINGER = 400; // milliseconds
const cards = new Map();
const card = document.createElement("div");
card.className = "hover-card";
card.hidden = true;
let waiting;
let shownFor;

const close = () => {
  clearTimeout(waiting);
  card.hidden = true;
  shownFor = undefined;
};

const show = async (name) => {
  const url = name.dataset.card;
  if (!cards.has(url)) {
    const response = await fetch(url);
    if (!response.ok) return;
    cards.set(url, await response.text());
  }
  if (shownFor !== name) return; // they have moved on
  card.innerHTML = cards.get(url);
  name.closest(".post-head, .person")?.append(card);
  card.hidden = false;
};

const wait = (event) => {
  const name = event.target.closest?.("[data-card]");
  if (!name || name === shownFor) return;
  close();
  shownFor = name;
  waiting = setTimeout(() => show(name), LINGER);
};

const leave = (event) => {
  const to = event.relatedTarget;
  if (card.contains(to) || to?.closest?.("[data-card]") === shownFor) return;
  if (event.target.closest?.("[data-card], .hover-card")) close();
};

document.addEventListener("pointerover", wait);
document.addEventListener("focusin", wait);
document.addEventListener("pointerout", leave);
document.addEventListener("focusout", leave);
document.addEventListener("keydown", (event) => event.key === "Escape" && close());
