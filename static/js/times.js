// Times as one says them ("5 min. ago"), in the page's language and the reader's zone; the exact moment
// is the title. Without this script the server's words stay, which are exact too. It runs before the
// first paint, and for whatever comes to the page before that is painted: words of another length
// would move what is being read.
{
  const root = document.documentElement;
  const language = root.lang;
  const zone = { timeZone: root.dataset.timeZone }; // undefined: the browser's
  let exact, day, dayAndYear, year, relative, justNow;

  // Where there is a time: what a browser loads for it takes a phone a tenth of a second.
  const load = () => {
    try {
      new Intl.DateTimeFormat(language, zone);
    } catch {
      delete zone.timeZone; // one that this browser does not know
    }
    exact = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long", ...zone });
    day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", ...zone });
    dayAndYear = new Intl.DateTimeFormat(language, { dateStyle: "medium", ...zone });
    year = new Intl.DateTimeFormat("en", { year: "numeric", ...zone });
    relative = new Intl.RelativeTimeFormat(language, { style: "short" });
    justNow = new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(0, "second");
  };

  const MINUTE = 60;
  const HOUR = 60 * MINUTE;
  const DAY = 24 * HOUR;
  const REFRESH = 30_000; // milliseconds

  const say = (moment, now) => {
    const seconds = (moment - now) / 1000;
    const distance = Math.abs(seconds);
    const whole = seconds < 0 ? Math.trunc : Math.round; // in a week, when it is a moment less
    if (distance < MINUTE) return justNow;
    if (distance < HOUR) return relative.format(whole(seconds / MINUTE), "minute");
    if (distance < DAY) return relative.format(whole(seconds / HOUR), "hour");
    if (distance < 7 * DAY) return relative.format(whole(seconds / DAY), "day");
    return (year.format(moment) === year.format(now) ? day : dayAndYear).format(moment);
  };

  const refresh = () => {
    const now = new Date();
    for (const time of document.querySelectorAll("time[datetime]")) {
      const moment = new Date(time.dateTime);
      if (Number.isNaN(moment.getTime())) continue;
      if (!exact) load();
      const words = "day" in time.dataset ? dayAndYear.format(moment) : say(moment, now);
      if (time.textContent !== words) time.textContent = words;
      time.title = exact.format(moment);
    }
  };

  const come = { childList: true, characterData: true, subtree: true };
  new MutationObserver(refresh).observe(root, come);
  setInterval(() => document.hidden || refresh(), REFRESH);
  document.addEventListener("visibilitychange", refresh);
}
