// Says how many newer posts there are, without moving what is being read.
const EVERY = 30_000; // milliseconds
const posts = document.querySelector(".posts[data-newest]");
const status = document.createElement("div"); // there from the start, so that it is read out
status.className = "newer";
status.setAttribute("role", "status");
posts?.before(status);
const link = document.createElement("a");
link.className = "btn btn-primary btn-sm";
link.href = location.pathname;

const look = async () => {
  if (document.hidden) return;
  const response = await fetch(`?newer=${encodeURIComponent(posts.dataset.newest)}`);
  if (!response.ok) return;
  const { newer, words } = await response.json();
  if (!newer) return link.remove();
  if (link.textContent !== words) link.textContent = words;
  if (!link.isConnected) status.append(link);
};

if (posts?.dataset.newest) setInterval(look, EVERY);
