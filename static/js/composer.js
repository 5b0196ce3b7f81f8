// Where people write: how much room there is, a draft that outlives the tab, Ctrl+Enter to post.
const key = (form) => `draft:${document.body.dataset.user}:${form.dataset.draft}`;
const fields = (form) => [...form.querySelectorAll("textarea, input[type=text]")];

const number = new Intl.NumberFormat(document.documentElement.lang);

const count = (form) => {
  const counter = form.querySelector("[data-counter]");
  const most = Number(counter.dataset.counter);
  // As the server counts: code points, and a line's end is one.
  const used = [...form.querySelector("textarea").value.replaceAll("\r\n", "\n")].length;
  counter.textContent = `${number.format(used)} / ${number.format(most)}`;
  counter.classList.toggle("too-many", used > most);
  counter.setAttribute("aria-live", used > most - 20 ? "polite" : "off");
};

const keep = (form) => {
  const values = fields(form).map((field) => field.value);
  if (values.some(Boolean)) localStorage.setItem(key(form), JSON.stringify(values));
  else localStorage.removeItem(key(form));
};

const restore = (form) => {
  if (fields(form).some((field) => field.value)) return; // the server has kept something newer
  const values = JSON.parse(localStorage.getItem(key(form)) ?? "[]");
  fields(form).forEach((field, place) => {
    field.value = values[place] ?? "";
    // It grows with its text, but not yet: that would move what is being read below it.
    field.classList.add("restored");
    field.addEventListener("focus", () => field.classList.remove("restored"), { once: true });
  });
};

document.querySelectorAll("[data-posted]").forEach((message) => {
  localStorage.removeItem(`draft:${document.body.dataset.user}:${message.dataset.posted}`);
});

document.querySelectorAll("form.composer").forEach((form) => {
  if (form.dataset.draft) restore(form);
  count(form);
  form.addEventListener("input", () => {
    count(form);
    if (form.dataset.draft) keep(form);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
});
