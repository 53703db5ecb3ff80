// The page of a bulk task: fetches what changes until the task is over. Without this script the page reloads itself.
"use strict";

const EVERY_MS = 1500;
const place = document.getElementById("bulk-progress");
const address = new URL(window.location.href);
address.searchParams.set("part", "1");

async function refresh() {
  try {
    const answer = await fetch(address, { credentials: "same-origin" });
    if (answer.ok && !answer.redirected) {
      place.innerHTML = await answer.text();
    }
  } catch {
    // The gateway restarts, or the network is away: the next round may do better.
  }
  if (!place.querySelector("[data-over]")) {
    window.setTimeout(refresh, EVERY_MS);
  }
}

window.setTimeout(refresh, EVERY_MS);
