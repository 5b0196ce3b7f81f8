// The menus are <details>, and work without this. It closes them where one expects it.
const open = () => document.querySelectorAll(".menu[open], .more[open]");

const closeElsewhere = (event) => {
  for (const menu of open()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
};

document.addEventListener("click", closeElsewhere);
document.addEventListener("focusin", closeElsewhere);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open()) {
    const hadFocus = menu.contains(document.activeElement);
    menu.open = false;
    if (hadFocus) menu.querySelector("summary").focus();
  }
});
