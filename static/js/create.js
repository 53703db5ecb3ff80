/* The page to create: pictures by dropping and pasting, a draft that is kept, Ctrl+Enter. All else is the server's. */
"use strict";

const form = () => document.getElementById("create-form");
const pictures = () => document.getElementById("pictures");
const isPicture = (file) => file.type.startsWith("image/");
const UPLOADS_AT_ONCE = 2;
const SAVE_AFTER_MS = 400;

/* --- words for readers of screens, and trouble --------------------------------------------------- */

const tell = (what) => {
  const news = document.getElementById("inputs-news");
  news.textContent = "";
  requestAnimationFrame(() => {
    news.textContent = news.dataset[what];
  });
};

const showTrouble = (what) => {
  const trouble = document.getElementById("create-trouble");
  trouble.textContent = trouble.dataset[what] ?? "";
  trouble.hidden = trouble.textContent === "";
};

const clearErrors = () => {
  showTrouble("");
  for (const field of form().querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  for (const error of form().querySelectorAll(".error")) error.remove();
};

const say = (name) => document.body.dispatchEvent(new CustomEvent(name));

/* --- the prompt ---------------------------------------------------------------------------------- */

const countPrompt = () => {
  const prompt = document.getElementById("prompt");
  const count = [...prompt.value].length;
  const shown = document.querySelector("[data-count]");
  shown.textContent = count.toLocaleString("en-US").replaceAll(",", "\u202f");
  shown.parentElement.classList.toggle("over", count > Number(prompt.dataset.max));
};

document.addEventListener("input", (event) => {
  if (event.target.id === "prompt") countPrompt();
  if (event.target.id === "strength") showStrength(event.target);
});

const showStrength = (slider) => {
  slider.nextElementSibling.value = Number(slider.value).toFixed(2);
};

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !form()?.contains(event.target)) return;
  event.preventDefault();
  form().requestSubmit(document.getElementById("create-button"));
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-prompt]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const prompt = document.getElementById("prompt");
  prompt.value = link.dataset.prompt;
  link.closest("details").open = false;
  prompt.focus();
  prompt.dispatchEvent(new Event("input", { bubbles: true }));
});

/* --- input pictures ------------------------------------------------------------------------------ */

const renumber = () => {
  [...pictures().children].forEach((item, at) => {
    for (const button of item.querySelectorAll("[data-move]")) button.value = `${button.dataset.move}:${at}`;
  });
  say("pictures-changed");
  saveSoon();
};

const placeholder = () => {
  const item = document.createElement("li");
  item.className = "picture storing";
  item.append(document.createElement("progress"));
  pictures().append(item);
  return item;
};

/* The server answers with what is to be shown: pictures, or why there are none. */
const store = async (file) => {
  const item = placeholder();
  const body = new FormData();
  body.append("files", file);
  const token = form().elements.csrfmiddlewaretoken.value;
  let answer;
  try {
    answer = await fetch(form().dataset.inputs, { method: "POST", body, headers: { "x-csrftoken": token } });
  } catch {
    item.remove();
    showTrouble("offline");
    return;
  }
  const isFragment = !answer.redirected && (answer.ok || answer.status === 422);
  const parsed = new DOMParser().parseFromString(isFragment ? await answer.text() : "", "text/html");
  const shown = [...parsed.querySelectorAll("li.picture")];
  const refusals = [...parsed.querySelectorAll("li.refusal")].map((each) => each.textContent);
  if (!isFragment) showTrouble("broken");
  if (item.isConnected) item.replaceWith(...shown);
  else pictures().append(...shown);
  for (const sentence of refusals) {
    const line = document.createElement("p");
    line.className = "error";
    line.textContent = sentence;
    document.getElementById("refused").append(line);
  }
  if (shown.length > 0) tell("added");
  renumber();
};

let waiting = [];
let storing = 0;

const storeNext = () => {
  while (storing < UPLOADS_AT_ONCE && waiting.length > 0) {
    storing += 1;
    store(waiting.shift()).finally(() => {
      storing -= 1;
      storeNext();
    });
  }
  form().toggleAttribute("data-storing", storing > 0);
};

/* Without a picture that is still on its way, something else would be made, and paid for. */
document.addEventListener(
  "submit",
  (event) => {
    if (event.target !== form() || storing + waiting.length === 0) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    tell("storing");
  },
  true,
);

const add = (files) => {
  const room = Number(form().dataset.inputsMax) - pictures().children.length - waiting.length;
  document.getElementById("refused").replaceChildren();
  const found = [...files];
  if (found.length === 0) return;
  tell("storing");
  waiting = waiting.concat(found.slice(0, Math.max(0, room)));
  if (found.length > room) {
    const line = document.createElement("p");
    line.className = "error";
    line.textContent = document.getElementById("inputs-hint").querySelector(".for-image").textContent;
    document.getElementById("refused").append(line);
  }
  storeNext();
};

document.addEventListener("change", (event) => {
  if (event.target.id !== "files") return;
  add(event.target.files);
  event.target.value = "";
});

document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])].filter(isPicture);
  if (files.length === 0 || !form()) return;
  event.preventDefault();
  add(files);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-move]");
  if (!button || !pictures().contains(button)) return;
  event.preventDefault();
  const item = button.closest("li");
  const beside = button.dataset.move === "earlier" ? item.previousElementSibling : item.nextElementSibling;
  if (button.dataset.move === "remove") {
    const next = beside ?? item.previousElementSibling;
    item.remove();
    (next?.querySelector("[data-move=remove]") ?? document.getElementById("files")).focus();
    tell("removed");
  } else if (beside) {
    if (button.dataset.move === "earlier") beside.before(item);
    else beside.after(item);
    button.focus();
    tell("moved");
  }
  renumber();
});

/* --- dragging: files from elsewhere anywhere on the form, pictures among themselves --------------- */

const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
let dragged = null;
let depth = 0;

const setDropping = (isDropping) => {
  if (!isDropping) depth = 0;
  document.getElementById("composer")?.classList.toggle("dropping", isDropping);
};

document.addEventListener("dragenter", (event) => {
  if (!hasFiles(event) || dragged || !event.target.closest?.("#composer")) return;
  depth += 1;
  setDropping(true);
});

document.addEventListener("dragleave", (event) => {
  if (!hasFiles(event) || dragged || !event.target.closest?.("#composer")) return;
  depth -= 1;
  if (depth <= 0) setDropping(false);
});

document.addEventListener("dragover", (event) => {
  if (dragged) {
    const over = event.target.closest?.("#pictures > li");
    if (!over) return;
    event.preventDefault();
    if (over === dragged) return;
    const isAfter = dragged.compareDocumentPosition(over) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (isAfter) over.after(dragged);
    else over.before(dragged);
  } else if (hasFiles(event)) {
    /* A file that is dropped beside the form would replace the page. */
    event.preventDefault();
    event.dataTransfer.dropEffect = event.target.closest?.("#composer") ? "copy" : "none";
  }
});

document.addEventListener("drop", (event) => {
  if (dragged) {
    event.preventDefault();
    return;
  }
  if (!hasFiles(event)) return;
  event.preventDefault();
  setDropping(false);
  if (event.target.closest?.("#composer")) add(event.dataTransfer.files);
});

document.addEventListener("dragstart", (event) => {
  const item = event.target.closest?.("#pictures > li");
  if (!item) return;
  dragged = item;
  event.dataTransfer.effectAllowed = "move";
  item.classList.add("dragged");
});

document.addEventListener("dragend", () => {
  if (!dragged) return;
  dragged.classList.remove("dragged");
  dragged = null;
  tell("moved");
  renumber();
});

/* --- the draft ----------------------------------------------------------------------------------- */

const NOT_KEPT = ["csrfmiddlewaretoken", "token", "files", "action"];
const draftKey = () => `create-draft:${form().dataset.draft}`;

const filled = () => [...new FormData(form())].filter(([name]) => !NOT_KEPT.includes(name));

const readDraft = () => {
  try {
    const found = JSON.parse(localStorage.getItem(draftKey()));
    return Array.isArray(found) ? found : null;
  } catch {
    return null;
  }
};

const writeDraft = (fields) => {
  try {
    if (fields === null) localStorage.removeItem(draftKey());
    else localStorage.setItem(draftKey(), JSON.stringify(fields));
  } catch {
    /* No room, or not allowed: there is no draft then. */
  }
};

/* Somebody's work, and not only a choice of a model. */
const isWork = (fields) =>
  fields.some(([name, value]) => ["prompt", "negative_prompt", "input"].includes(name) && value.trim() !== "");

/* What is under way or was asked for needs no keeping. */
let sent = "";
let asked = "";
const save = () => {
  const fields = filled();
  writeDraft(JSON.stringify(fields) === asked ? null : fields);
};

let saving = 0;
const saveSoon = () => {
  clearTimeout(saving);
  saving = setTimeout(() => form() && save(), SAVE_AFTER_MS);
};
const saveNow = () => {
  if (!saving) return;
  clearTimeout(saving);
  saving = 0;
  if (form()) save();
};

document.addEventListener("input", (event) => {
  if (form()?.contains(event.target)) saveSoon();
});
document.addEventListener("change", (event) => {
  if (form()?.contains(event.target)) saveSoon();
});
document.addEventListener("visibilitychange", saveNow);
window.addEventListener("pagehide", saveNow);

/* The server draws the form from the draft, as from anything else that is sent to it. */
const restore = (fields) => {
  const values = { action: "update" };
  for (const [name, value] of fields) {
    if (name in values) values[name] = [].concat(values[name], value);
    else values[name] = value;
  }
  /* Not `form().action`: that is one of its buttons. */
  htmx.ajax("POST", form().getAttribute("action"), { target: "#composer", swap: "outerHTML", values });
};

let before = null;

const begin = () => {
  if (!form()) return;
  document.documentElement.classList.add("scripted");
  const draft = readDraft();
  if (draft === null) return;
  if (form().dataset.filled === "no") {
    restore(draft);
    return;
  }
  if (isWork(draft)) before = draft;
  offerDraft();
};

const offerDraft = () => {
  document.querySelector("[data-draft-note]").hidden = before === null;
};

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-restore]")) return;
  const draft = before;
  before = null;
  if (draft !== null) {
    writeDraft(draft);
    restore(draft);
  }
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt === form()) sent = JSON.stringify(filled());
});

document.body.addEventListener("asked", () => {
  asked = sent;
  clearTimeout(saving);
  saving = 0;
  before = null;
  save();
  offerDraft();
  clearErrors();
  /* Where the results are below, they are out of sight. */
  if (matchMedia("(width < 60rem)").matches) document.querySelector(".result")?.scrollIntoView({ behavior: "smooth" });
  const news = document.getElementById("result-news");
  news.textContent = "";
  requestAnimationFrame(() => {
    news.textContent = news.dataset.asked;
  });
});

/* --- what the server sends -------------------------------------------------------------------------- */

let open = new Set();
let last = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = event.detail;
  /* Somebody logged out meanwhile: the log-in page is a page of its own. */
  if (xhr.responseURL && new URL(xhr.responseURL).pathname.startsWith("/login/")) {
    event.detail.shouldSwap = false;
    saveNow();
    location.assign(xhr.responseURL.replace(/\?.*$/, "") + `?next=${encodeURIComponent(location.pathname)}`);
    return;
  }
  open = new Set([...document.querySelectorAll("#composer details[open]")].map((each) => each.id));
  if (target.id === "composer" && xhr.responseURL.includes("from=") && isWork(filled())) before = filled();
  last = document.activeElement?.id ?? null;
});

document.addEventListener("htmx:afterSettle", (event) => {
  const element = event.detail.elt;
  if (!form()) return;
  for (const details of document.querySelectorAll("#composer details")) {
    if (open.has(details.id)) details.open = true;
  }
  /* What lay in a closed part could not be given back the focus. */
  if (document.activeElement === document.body && last) document.getElementById(last)?.focus();
  for (const slider of form().querySelectorAll("#strength")) showStrength(slider);
  if (element.id === "composer" || element.querySelector?.("#composer")) renewed();
});

const renewed = () => {
  countPrompt();
  const wrong = form().querySelector("[aria-invalid=true], .picker[open] [aria-describedby=model-error]");
  const trouble = document.getElementById("create-trouble");
  if (wrong) {
    wrong.closest("details")?.setAttribute("open", "");
    wrong.focus();
  } else if (!trouble.hidden) {
    trouble.setAttribute("tabindex", "-1");
    trouble.focus();
  }
  if (form().dataset.filled === "yes") offerDraft();
  else saveSoon();
};

/* A model that was picked with the mouse closes the list; with the keyboard one goes on through it. */
document.addEventListener("click", (event) => {
  if (event.detail === 0 || !event.target.closest?.("#model-picker label")) return;
  const picker = document.getElementById("model-picker");
  setTimeout(() => {
    picker.open = false;
    open.delete(picker.id);
  });
});

document.addEventListener("keydown", (event) => {
  const picker = event.target.closest?.("#model-picker");
  if (!picker?.open || !["Enter", "Escape"].includes(event.key) || event.target.tagName === "SUMMARY") return;
  if (event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  picker.open = false;
  picker.querySelector("summary").focus();
});

document.addEventListener("htmx:sendError", () => form() && showTrouble("offline"));
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.elt.closest?.("#composer")) showTrouble("broken");
});

begin();
