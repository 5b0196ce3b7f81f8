// Tells the form of new people where their browser is, so that times are right from the first page.
for (const field of document.querySelectorAll("[data-browser-time-zone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}
