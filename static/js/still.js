// What is being read does not move. The alerts that came with the page keep the room that they had; what
// comes by itself later lies at the lower edge of the window; and where people write a message stays
// where it is when others come in above it. What they press a button for may move.
const alerts = () => document.getElementById("alerts");
const GAP = 8; // pixels between two alerts
let known, room, writing; // the latter: where one writes, if that is to be seen

const settle = () => {
  let below = 0;
  if (room) alerts().style.minHeight = `${room}px`;
  for (const alert of alerts().children) {
    if (known.has(alert.dataset.task)) continue;
    alert.classList.add("late");
    alert.style.setProperty("--below", `${below}px`);
    below += alert.offsetHeight + GAP;
  }
};

const learn = () => {
  known = new Set([...alerts().children].map(({ dataset }) => dataset.task));
  room = alerts().offsetHeight;
};

const placeOfWriting = () => document.getElementById("write")?.getBoundingClientRect().top;
const isInWindow = (place) => place > 0 && place < innerHeight;

document.addEventListener("htmx:beforeSwap", () => {
  writing = isInWindow(placeOfWriting()) ? placeOfWriting() : null;
});

document.addEventListener("htmx:afterSwap", ({ detail: { target, requestConfig } }) => {
  if (target.id === "conversation" && writing !== null) scrollBy({ top: placeOfWriting() - writing, behavior: "instant" });
  if (target.id !== "alerts") return;
  if (requestConfig.verb === "get") settle();
  else learn();
});

if (alerts()) learn();
