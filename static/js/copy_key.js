// The page that shows a new API key: copies it, and makes a reload show the key's page instead of minting another.
"use strict";

const panel = document.querySelector("[data-next-url]");
const field = document.getElementById("new-key");
const button = document.getElementById("copy-key");

history.replaceState(null, "", panel.dataset.nextUrl);
field.addEventListener("focus", () => field.select());
button.addEventListener("click", async () => {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy"); // no clipboard on plain http
  }
  button.textContent = panel.dataset.copied;
});
