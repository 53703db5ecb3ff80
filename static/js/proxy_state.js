// On the page of an account: asks how the test of its proxy went until it has ended. Without it, a reload shows it.
"use strict";

(() => {
  const again = async () => {
    const state = document.getElementById("proxy-state");
    if (!state?.dataset.again) return;
    const answer = await fetch(state.dataset.again);
    if (answer.ok) state.outerHTML = await answer.text();
    setTimeout(again, 1000);
  };
  setTimeout(again, 1000);
})();
