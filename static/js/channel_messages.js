// The page of an alert channel: asks what became of its last messages while one is on its way.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const every = 1500;
  const refresh = async () => {
    const panel = document.getElementById("channel-messages");
    if (!panel || panel.dataset.open !== "1") {
      return;
    }
    try {
      const answer = await fetch(panel.dataset.url, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("channel-messages");
        if (fresh) {
          panel.replaceWith(fresh);
        }
      }
    } finally {
      setTimeout(refresh, every);
    }
  };
  setTimeout(refresh, every);
});
