const label = document.querySelector("label");
const posts = [...document.querySelectorAll("article")];
label.hidden = posts.length === 0;
label.addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/);
  for (const post of posts) {
    const text = post.textContent.toLowerCase();
    post.hidden = !words.every((word) => text.includes(word));
  }
});
