/* The gallery: selecting, keys, what is done with a selection, new results as they come, and videos that play when looked at. */
"use strict";

(() => {
  const form = document.getElementById("selection");
  const gallery = document.getElementById("gallery");
  const question = document.getElementById("confirm");
  const say = document.getElementById("say").dataset;
  const isGrid = gallery.dataset.view === "grid";
  document.documentElement.classList.add("js");

  const tiles = () => [...gallery.querySelectorAll("[data-id]")];
  const boxOf = (tile) => tile.querySelector("input[name=ids]");
  const chosen = () => [...gallery.querySelectorAll("input[name=ids]:checked")];
  const byId = (id) => gallery.querySelector(`[data-id="${CSS.escape(id)}"], [data-of="${CSS.escape(id)}"]`);
  const partsOf = (generation) => [...gallery.querySelectorAll(`[data-gen="${CSS.escape(generation)}"]`)];

  /* --- selecting -------------------------------------------------------------------------------- */

  let anchor = null;

  const count = () => {
    const many = chosen().length;
    form.classList.toggle("is-selecting", many > 0);
    const shown = form.querySelector("[data-count]");
    if (shown) shown.textContent = many;
  };

  const selectNothing = () => {
    for (const box of chosen()) box.checked = false;
    anchor = null;
    count();
  };

  const selectTo = (tile) => {
    const all = tiles();
    const from = all.indexOf(anchor);
    const to = all.indexOf(tile);
    if (from < 0) return;
    for (const each of all.slice(Math.min(from, to), Math.max(from, to) + 1)) boxOf(each).checked = true;
  };

  gallery.addEventListener("click", (event) => {
    const tile = event.target.closest("[data-id]");
    if (!tile) return;
    if (held) {
      held = false; // the end of a long press is no click
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (event.target.matches("input[name=ids]")) {
      if (event.shiftKey && event.target.checked) selectTo(tile);
      anchor = tile;
      count();
      return;
    }
    const opens = event.target.closest("a.open");
    if (!opens) return;
    if (event.shiftKey || (isGrid && form.classList.contains("is-selecting") && !event.ctrlKey && !event.metaKey)) {
      /* While something is selected, a click selects, as on a phone. */
      event.preventDefault();
      event.stopImmediatePropagation();
      if (event.shiftKey && anchor) selectTo(tile);
      else boxOf(tile).checked = !boxOf(tile).checked;
      anchor = tile;
      count();
    }
  }, true);

  /* A long press selects, where there is no mouse. */
  let press = 0;
  let held = false;
  const release = () => {
    clearTimeout(press);
    press = 0;
  };
  gallery.addEventListener("pointerdown", (event) => {
    const tile = event.target.closest(".tile");
    held = false;
    if (event.pointerType !== "touch" || !tile || event.target.closest(".pick")) return;
    press = setTimeout(() => {
      press = 0;
      held = true;
      boxOf(tile).checked = true;
      anchor = tile;
      count();
    }, 450);
  });
  gallery.addEventListener("pointermove", (event) => {
    if (Math.abs(event.movementX) + Math.abs(event.movementY) > 6) release();
  });
  gallery.addEventListener("pointerup", release);
  gallery.addEventListener("pointercancel", release);
  gallery.addEventListener("contextmenu", (event) => {
    if (press || held) event.preventDefault(); // the menu of a link would come at the same moment
  });

  form.querySelector("[data-clear]")?.addEventListener("click", selectNothing);
  form.querySelector("[data-all]")?.addEventListener("click", () => {
    for (const tile of tiles()) boxOf(tile).checked = true;
    count();
  });

  /* --- doing something with it ------------------------------------------------------------------ */

  const toasts = document.getElementById("toasts");
  document.getElementById("lightbox").addEventListener("close", () => document.body.append(toasts));

  const toast = (text, undo) => {
    const note = document.createElement("div");
    note.className = "toast";
    note.append(Object.assign(document.createElement("span"), { textContent: text }));
    const end = () => note.remove();
    if (undo) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: say.undo });
      button.addEventListener("click", () => { end(); undo(); });
      note.append(button);
    }
    /* What is outside of an open dialog lies beneath it. */
    (document.querySelector("dialog[open]") ?? document.body).append(toasts);
    toasts.replaceChildren(note);
    setTimeout(end, undo ? 12000 : 5000);
  };

  const gone = new Map(); // of generations that were taken out: what came after them

  const placeOf = (name) => {
    const next = gone.get(name);
    if (!next || next.isConnected) return next ?? null;
    return next.dataset.gen ? (partsOf(next.dataset.gen)[0] ?? placeOf(next.dataset.gen)) : null;
  };

  const drawAnew = (template) => {
    const name = template.dataset.replaces;
    const old = partsOf(name);
    const fresh = [...template.content.querySelectorAll("[data-gen]")];
    if (!old.length) {
      if (!fresh.length || !gone.has(name)) return;
      const after = placeOf(name) ?? gallery.querySelector(".older");
      if (after) after.before(...fresh);
      else gallery.append(...fresh);
      htmx.process(gallery);
      return;
    }
    if (fresh.length === old.length && fresh.every((each, at) => each.dataset.mark === old[at].dataset.mark)) return;
    const kept = new Set(old.filter((each) => boxOf(each).checked).map((each) => each.dataset.id));
    const wasFocused = old.some((each) => each.contains(document.activeElement));
    const next = old.at(-1).nextElementSibling ?? old[0].previousElementSibling;
    /* Who selected it while it was being made meant what came of it. */
    if (!fresh.length) gone.set(name, old.at(-1).nextElementSibling);
    for (const each of fresh) boxOf(each).checked = kept.has(each.dataset.id) || kept.has(each.dataset.gen);
    old[0].before(...fresh);
    for (const each of old) each.remove();
    htmx.process(gallery);
    if (wasFocused) (fresh[0] ?? next)?.querySelector?.("a.open")?.focus();
  };

  const hideEmptyDays = () => {
    for (const day of gallery.querySelectorAll("[data-day]")) {
      const next = day.nextElementSibling;
      day.hidden = !next || next.matches("[data-day]");
    }
  };

  /* What the server answers: what is to be drawn anew, what is new, and a sentence. */
  const take = (html, ids) => {
    const answer = new DOMParser().parseFromString(html, "text/html");
    const asked = answer.querySelector("[data-question]");
    if (asked) {
      question.replaceChildren(document.adoptNode(asked));
      question.showModal();
      return;
    }
    for (const template of answer.querySelectorAll("template[data-replaces]")) drawAnew(template);
    hideEmptyDays();
    const newer = answer.querySelector("template[data-newer]");
    if (newer) arrive(newer);
    const said = answer.querySelector("[data-said]");
    if (said) {
      const undo = "canUndo" in said.dataset && ids ? () => post({ action: "restore", ids }, ids) : null;
      toast(said.textContent, undo);
    }
    count();
    document.dispatchEvent(new CustomEvent("gallery:changed"));
  };

  const send = async (body, ids) => {
    try {
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { "HX-Request": "true" } });
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      take(await answer.text(), ids);
    } catch {
      toast(say.trouble);
    }
  };

  const post = (fields, ids) => {
    const body = new FormData();
    for (const name of ["csrfmiddlewaretoken", "next"]) body.set(name, form.elements[name].value);
    body.set("action", fields.action);
    for (const id of fields.ids) body.append("ids", id);
    return send(body, ids);
  };

  form.addEventListener("submit", async (event) => {
    if (!event.submitter || "leaves" in event.submitter.dataset) return;
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    const isAsked = ["delete", "again"].includes(event.submitter.value);
    await send(body, null);
    if (!isAsked) selectNothing();
  });

  question.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = new FormData(event.target);
    question.close();
    await send(body, body.getAll("ids"));
    selectNothing();
    const news = document.getElementById("news");
    if (body.get("action") === "again" && news) htmx.trigger(news, "sse:news");
  });
  question.addEventListener("click", (event) => {
    if (event.target.closest("[data-cancel]")) event.preventDefault();
    if (event.target === question || event.target.closest("[data-cancel]")) question.close();
  });

  const act = (action, tile) => {
    const boxes = chosen();
    const ids = boxes.length ? boxes.map((box) => box.value) : [tile?.dataset.id].filter(Boolean);
    if (ids.length) post({ action, ids }, ids).then(() => { if (action !== "delete") selectNothing(); });
  };
  window.gallery = { post, byId };

  /* --- new results as they come ----------------------------------------------------------------- */

  const pill = document.getElementById("pill");
  let waiting = null;

  const insert = (template) => {
    const first = gallery.querySelector("[data-day]");
    const nodes = [...template.content.children];
    const lastDay = nodes.findLast((each) => each.dataset.day);
    gallery.prepend(...nodes);
    if (first && lastDay && first.dataset.day === lastDay.dataset.day) first.remove();
    document.getElementById("nothing")?.remove();
    gallery.closest(".table-wrap")?.removeAttribute("hidden");
    htmx.process(gallery);
    waiting = null;
    if (pill) pill.hidden = true;
  };

  const isBusy = () => scrollY > 160 || form.classList.contains("is-selecting") || document.querySelector("dialog[open]");

  const arrive = (template) => {
    const isWhole = template.dataset.newer !== "full";
    if (isWhole && !isBusy() && form.querySelector(".selection-bar")) return insert(template);
    if (!isBusy()) return location.reload();
    waiting = isWhole ? template : null;
    pill.querySelector("span").textContent = template.dataset.pill;
    pill.hidden = false;
  };

  pill?.addEventListener("click", () => {
    if (!waiting) return location.reload();
    insert(waiting);
    scrollTo({ top: 0, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    gallery.querySelector("a.open")?.focus({ preventScroll: true });
  });

  document.body.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id !== "news") return;
    event.detail.parameters.after = gallery.querySelector("[data-gen]")?.dataset.gen ?? "";
    const open = new Set([...gallery.querySelectorAll("[data-open]")].map((each) => each.dataset.gen));
    event.detail.parameters.ids = [...open].join(",");
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.id === "news" && event.detail.successful) take(event.detail.xhr.responseText, null);
  });

  /* Where a search goes on by itself, only its end shows that there is nothing. */
  document.body.addEventListener("htmx:afterSettle", () => {
    const nothing = document.getElementById("nothing");
    if (nothing && !gallery.querySelector("[data-id], .older")) nothing.hidden = false;
  });

  /* --- videos that play when looked at ----------------------------------------------------------- */

  const mayPlay = () => !matchMedia("(prefers-reduced-motion: reduce)").matches && !navigator.connection?.saveData;

  const play = (tile) => {
    const shot = tile.querySelector('[data-shot="video"]');
    if (!shot || shot.querySelector("video") || !mayPlay()) return;
    const video = document.createElement("video");
    Object.assign(video, { muted: true, loop: true, playsInline: true, preload: "none", src: shot.dataset.full });
    video.poster = shot.querySelector("img")?.src ?? "";
    video.tabIndex = -1;
    video.setAttribute("aria-hidden", "true");
    shot.append(video);
    video.play().catch(() => video.remove());
  };
  const stop = (tile) => {
    const video = tile.querySelector("a.open video");
    if (!video) return;
    video.pause();
    video.removeAttribute("src");
    video.remove();
  };
  if (isGrid) {
    for (const [name, does] of [["pointerover", play], ["focusin", play], ["pointerout", stop], ["focusout", stop]]) {
      gallery.addEventListener(name, (event) => {
        const tile = event.target.closest(".tile.is-video");
        if (tile && !tile.contains(event.relatedTarget)) does(tile);
      });
    }
  }

  /* A small picture that does not come says so. */
  gallery.addEventListener("error", (event) => {
    if (event.target.tagName !== "IMG") return;
    const note = Object.assign(document.createElement("span"), { className: "note", textContent: say.broken });
    const blank = Object.assign(document.createElement("span"), { className: "blank" });
    blank.append(note, Object.assign(document.createElement("span"), { className: "about", textContent: event.target.alt }));
    event.target.replaceWith(blank);
  }, true);

  /* --- keys -------------------------------------------------------------------------------------- */

  const beside = (tile, key) => {
    const all = tiles();
    const at = all.indexOf(tile);
    if (!isGrid) return all[at + (key === "ArrowDown" || key === "ArrowRight" ? 1 : -1)];
    if (key === "ArrowRight") return all[at + 1];
    if (key === "ArrowLeft") return all[at - 1];
    const here = tile.getBoundingClientRect();
    const isBelow = key === "ArrowDown";
    let best = null;
    for (const each of isBelow ? all.slice(at + 1) : all.slice(0, at).reverse()) {
      const there = each.getBoundingClientRect();
      const isOtherRow = isBelow ? there.top > here.top + 4 : there.top < here.top - 4;
      if (!isOtherRow) continue;
      if (best && Math.abs(there.top - best.top) > 4) break;
      const off = Math.abs(there.left - here.left);
      if (!best || off < best.off) best = { each, off, top: there.top };
    }
    return best?.each;
  };

  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("input:not([type=checkbox]), select, textarea");
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping || document.querySelector("dialog[open]")) return;
    const tile = document.activeElement?.closest?.("[data-id]");
    switch (event.key) {
      case "/":
        document.querySelector(".search input").focus();
        break;
      case "?":
        document.getElementById("keys").showModal();
        break;
      case "Escape":
        selectNothing();
        return;
      case "p":
        if (!form.querySelector("[value=pin]")) return;
        act(tile && !chosen().length && tile.matches(".is-pinned, :has(.open.is-pinned)") ? "unpin" : "pin", tile);
        break;
      case "Delete":
        if (!form.querySelector("[value=delete]")) return;
        act("delete", tile);
        break;
      case " ":
        if (!tile || event.target.matches("input, button")) return;
        boxOf(tile).checked = !boxOf(tile).checked;
        anchor = tile;
        count();
        break;
      case "ArrowLeft": case "ArrowRight": case "ArrowUp": case "ArrowDown": {
        const next = tile ? beside(tile, event.key) : tiles()[0];
        if (!tile && event.key.match(/Up|Down/)) return;
        next?.querySelector("a.open").focus();
        if (event.shiftKey && tile && next) {
          anchor ??= tile;
          selectTo(next);
          count();
        }
        break;
      }
      default:
        return;
    }
    event.preventDefault();
  });

  /* Addresses stay short: what is not set is not sent. */
  document.querySelector("form[data-filters]").addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
  });

  count();
})();
