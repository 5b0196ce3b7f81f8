// Light, dark, or like the system: what was chosen is kept in this browser. It runs before the first
// paint; what it puts on <html> also shows the switch, which is of no use without it.
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const KEY = "theme";

const chosen = () => {
  try {
    const kept = localStorage.getItem(KEY);
    return ["light", "dark"].includes(kept) ? kept : "system";
  } catch {
    return root.dataset.theme ?? "system"; // a browser that keeps nothing
  }
};

const show = (theme) => {
  root.dataset.theme = theme;
  root.dataset.bsTheme = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
  for (const button of document.querySelectorAll(".theme button")) {
    button.setAttribute("aria-pressed", button.value === theme);
  }
};

const choose = (theme) => {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Then it lasts as long as the page.
  }
  show(theme);
};

show(chosen());
dark.addEventListener("change", () => show(chosen()));
addEventListener("storage", () => show(chosen())); // chosen in another tab
document.addEventListener("DOMContentLoaded", () => show(chosen()));
document.addEventListener("click", (event) => {
  const button = event.target.closest(".theme button");
  if (button) choose(button.value);
});
