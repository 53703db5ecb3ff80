/* What all pages do with scripts: menus that close, colours that change at once, buttons that copy. */
"use strict";

const menus = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("click", (event) => {
  for (const menu of menus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

/* The form works without this by a redirect; with it, the page stays as it is. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-theme-form]") || event.submitter === null) return;
  event.preventDefault();
  const chosen = event.submitter;
  document.documentElement.dataset.theme = chosen.value;
  document.querySelector('meta[name="color-scheme"]').content = chosen.value === "auto" ? "light dark" : chosen.value;
  for (const button of form.querySelectorAll("button[name=theme]")) {
    if (button === chosen) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  const shown = form.closest("details").querySelector("summary use");
  shown.setAttribute("href", chosen.querySelector("use").getAttribute("href"));
  form.closest("details").open = false;
  const body = new FormData(form);
  body.set("theme", chosen.value);
  fetch(form.action, { method: "POST", body, redirect: "manual" });
});

/* <button data-copy="#id of what is copied" data-copied="Copied">Copy</button>; it is hidden where there is no script. */
const offer = (button) => {
  button.hidden = false;
};
document.querySelectorAll("[data-copy]").forEach(offer);
document.addEventListener("htmx:load", (event) => event.target.querySelectorAll?.("[data-copy]").forEach(offer));

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  const text = "value" in source ? source.value : source.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    /* Pages that came over plain HTTP have no clipboard. */
    getSelection().selectAllChildren(source);
    document.execCommand("copy");
    getSelection().removeAllRanges();
  }
  const label = button.querySelector("[data-label]") ?? button;
  const before = (label.dataset.before ??= label.textContent);
  label.textContent = button.dataset.copied;
  setTimeout(() => {
    label.textContent = before;
  }, 2000);
});

/* <time data-elapsed="42">0:42</time> runs on, from when it came. */
const clock = (seconds) => {
  const two = (number) => String(number).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
};
const began = new WeakMap();
setInterval(() => {
  for (const each of document.querySelectorAll("[data-elapsed]")) {
    if (!began.has(each)) began.set(each, performance.now() - Number(each.dataset.elapsed) * 1000);
    each.textContent = clock((performance.now() - began.get(each)) / 1000);
  }
}, 1000);
