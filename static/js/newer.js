// Says that there are newer posts, without moving what is being read.
const EVERY = 30_000; // milliseconds
const posts = document.querySelector(".posts[data-newest]");
const status = document.createElement("div"); // there from the start, so that it is read out
status.setAttribute("role", "status");
posts?.before(status);

const look = async () => {
  if (document.hidden || status.firstChild) return;
  const response = await fetch(`?newer=${encodeURIComponent(posts.dataset.newest)}`);
  if (!response.ok) return;
  const { newer } = await response.json();
  if (!newer) return;
  const link = document.createElement("a");
  link.className = "btn btn-primary";
  link.href = location.pathname;
  link.textContent = newer === 1 ? posts.dataset.one : posts.dataset.many;
  status.className = "newer";
  status.append(link);
};

if (posts?.dataset.newest) setInterval(look, EVERY);
