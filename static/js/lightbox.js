/* One result, large: opened from a tile; arrows, swipes, zoom; the address names it, so that Back closes it. */
"use strict";

(() => {
  const box = document.getElementById("lightbox");
  const stage = box.querySelector("[data-stage]");
  const gallery = document.getElementById("gallery");
  const say = document.getElementById("say").dataset;
  const AHEAD = 6; // from the end of what is loaded, when more is asked for
  const ZOOM_MAX = 8;

  let shown = null; // the link of the tile
  let view = { scale: 1, x: 0, y: 0 };
  let opener = null;
  let idNow = ""; // of what is shown, and its place: to find it when its tile was drawn anew
  let place = 0;

  const shots = () => [...gallery.querySelectorAll("a[data-shot]")];
  const tileOf = (shot) => shot.closest("[data-gen]");
  const idOf = (shot) => shot.dataset.of ?? tileOf(shot).dataset.id;
  const wordsOf = (shot) => tileOf(shot).querySelector(".words").textContent;
  const isPinned = (shot) => shot.matches(".is-pinned") || tileOf(shot).matches(".is-pinned");
  const tool = (name) => box.querySelector(`[data-do="${name}"]`);
  const link = (name) => box.querySelector(`[data-link="${name}"]`);

  /* --- what is seen -------------------------------------------------------------------------------- */

  const address = (id) => {
    const url = new URL(location.href);
    if (id) url.searchParams.set("show", id);
    else url.searchParams.delete("show");
    return url;
  };

  const picture = (shot) => {
    const img = new Image();
    img.alt = shot.querySelector("img")?.alt ?? wordsOf(shot).slice(0, 120);
    img.draggable = false;
    img.decoding = "async";
    img.src = shot.dataset.preview || shot.dataset.full;
    img.addEventListener("error", () => {
      /* The preview may not be there; then it is the picture itself, and if that is not there either, it is said. */
      if (img.src.endsWith(shot.dataset.full)) img.replaceWith(note(say.broken));
      else img.src = shot.dataset.full;
    });
    return img;
  };

  const film = (shot) => {
    const video = document.createElement("video");
    Object.assign(video, { controls: true, loop: true, playsInline: true, autoplay: true, src: shot.dataset.full });
    video.poster = shot.querySelector("img")?.src ?? "";
    video.setAttribute("aria-label", wordsOf(shot).slice(0, 120));
    video.addEventListener("error", () => video.replaceWith(note(say.broken)));
    return video;
  };

  const note = (text) => Object.assign(document.createElement("p"), { className: "lb-note", textContent: text });

  const preload = (shot) => {
    if (shot?.dataset.shot === "picture") new Image().src = shot.dataset.preview || shot.dataset.full;
  };

  const show = (shot) => {
    const all = shots();
    const at = all.indexOf(shot);
    shown = shot;
    idNow = idOf(shot);
    place = at;
    const isVideo = shot.dataset.shot === "video";
    reset();
    stage.querySelector("video")?.pause();
    stage.replaceChildren(isVideo ? film(shot) : picture(shot));
    box.querySelector("[data-position]").textContent = `${at + 1} / ${all.length}`;
    box.querySelector("[data-words]").textContent = wordsOf(shot);
    box.querySelector("[data-facts]").textContent = shot.dataset.facts;
    tool("before").disabled = at === 0;
    tool("after").disabled = at === all.length - 1;
    tool("zoom").hidden = isVideo;
    tool("pin")?.setAttribute("aria-pressed", isPinned(shot));
    link("download").href = `${shot.dataset.full}&download=1`;
    link("detail").href = shot.href;
    if (link("again")) link("again").href = `/create/?from=${tileOf(shot).dataset.gen}`;
    preload(all[at + 1]);
    preload(all[at - 1]);
    if (all.length - at <= AHEAD) more();
  };

  const more = () => {
    const older = gallery.querySelector(".older:not(.htmx-request)");
    if (older && !older.dataset.asked) {
      older.dataset.asked = "yes";
      htmx.trigger(older, "revealed");
    }
  };
  document.body.addEventListener("htmx:afterSettle", () => {
    if (!box.open || !shown?.isConnected) return;
    const all = shots();
    box.querySelector("[data-position]").textContent = `${all.indexOf(shown) + 1} / ${all.length}`;
    tool("after").disabled = all.at(-1) === shown;
  });

  /* --- opening and closing ------------------------------------------------------------------------- */

  const open = (shot, isNew = true) => {
    opener = shot;
    history.scrollRestoration = "manual"; // going back closes it where it is, and scrolls nowhere
    if (isNew) history.pushState({ show: idOf(shot) }, "", address(idOf(shot)));
    document.documentElement.classList.add("has-lightbox");
    box.showModal();
    show(shot);
    tool("close").focus();
  };

  const close = () => {
    if (!box.open) return;
    stage.querySelector("video")?.pause();
    stage.replaceChildren();
    box.close();
    const back = shown?.isConnected ? shown : opener;
    shown = null;
    if (back?.isConnected) {
      back.focus({ preventScroll: true });
      back.scrollIntoView({ block: "nearest" });
    }
    setTimeout(() => { history.scrollRestoration = "auto"; }, 100);
  };

  const leave = () => {
    if (history.state?.show) history.back();
    else {
      history.replaceState(null, "", address(""));
      close();
    }
  };

  const step = (by) => {
    const all = shots();
    const at = all.indexOf(shown);
    const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
    if (!next || next === shown) return;
    history.replaceState({ show: idOf(next) }, "", address(idOf(next)));
    show(next);
  };

  gallery.addEventListener("click", (event) => {
    const shot = event.target.closest("a[data-shot]");
    if (!shot || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0 || event.defaultPrevented) return;
    event.preventDefault();
    open(shot);
  });

  addEventListener("popstate", () => {
    const id = new URL(location.href).searchParams.get("show");
    const shot = id && window.gallery.byId(id)?.closest("[data-gen]") && shots().find((each) => idOf(each) === id);
    if (!shot) close();
    else if (box.open) show(shot);
    else open(shot, false);
  });

  box.addEventListener("cancel", (event) => {
    event.preventDefault();
    if (view.scale > 1) reset();
    else leave();
  });

  document.addEventListener("gallery:changed", () => {
    if (!box.open || !shown) return;
    const again = shots().find((each) => idOf(each) === idNow);
    if (again) {
      shown = again;
      tool("pin")?.setAttribute("aria-pressed", isPinned(again));
    } else {
      const all = shots();
      const next = all[Math.min(place, all.length - 1)];
      if (!next) return leave();
      history.replaceState({ show: idOf(next) }, "", address(idOf(next)));
      show(next);
    }
  });

  /* --- zoom and pan -------------------------------------------------------------------------------- */

  const image = () => stage.querySelector("img");

  const draw = () => {
    const img = image();
    box.classList.toggle("is-zoomed", view.scale > 1);
    if (img) img.style.transform = view.scale > 1 ? `translate(${view.x}px, ${view.y}px) scale(${view.scale})` : "";
  };

  const reset = () => {
    view = { scale: 1, x: 0, y: 0 };
    draw();
  };

  /* `x`, `y`: what stays where it is, from the middle of the stage. */
  const zoom = (scale, x = 0, y = 0) => {
    const img = image();
    if (!img) return;
    const wanted = Math.max(1, Math.min(ZOOM_MAX, scale));
    if (wanted <= 1.01) return reset();
    const factor = wanted / view.scale;
    const limitX = (stage.clientWidth * (wanted - 1)) / 2;
    const limitY = (stage.clientHeight * (wanted - 1)) / 2;
    const clamp = (value, limit) => Math.max(-limit, Math.min(limit, value));
    view = { scale: wanted, x: clamp(x - (x - view.x) * factor, limitX), y: clamp(y - (y - view.y) * factor, limitY) };
    if (shown && !img.src.endsWith(shown.dataset.full)) sharpen(img);
    draw();
  };

  const sharpen = (img) => {
    const whole = new Image();
    whole.src = shown.dataset.full;
    whole.decode().then(() => { if (img.isConnected) img.src = whole.src; }, () => {});
  };

  const fromMiddle = (event) => {
    const area = stage.getBoundingClientRect();
    return [event.clientX - area.left - area.width / 2, event.clientY - area.top - area.height / 2];
  };

  stage.addEventListener("wheel", (event) => {
    if (!image()) return;
    event.preventDefault();
    zoom(view.scale * Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), ...fromMiddle(event));
  }, { passive: false });

  stage.addEventListener("dblclick", (event) => {
    if (view.scale > 1) reset();
    else zoom(2.5, ...fromMiddle(event));
  });

  const fingers = new Map();
  let begun = null;

  stage.addEventListener("pointerdown", (event) => {
    if (event.target.tagName === "VIDEO" || event.button !== 0) return;
    stage.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, event);
    const [one, two] = fingers.values();
    begun = two
      ? { apart: Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY), scale: view.scale }
      : { x: event.clientX, y: event.clientY, viewX: view.x, viewY: view.y };
  });

  stage.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId) || !begun) return;
    fingers.set(event.pointerId, event);
    const [one, two] = fingers.values();
    if (two && begun.apart) {
      const apart = Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY);
      const middle = { clientX: (one.clientX + two.clientX) / 2, clientY: (one.clientY + two.clientY) / 2 };
      zoom((begun.scale * apart) / begun.apart, ...fromMiddle(middle));
    } else if (view.scale > 1) {
      const limitX = (stage.clientWidth * (view.scale - 1)) / 2;
      const limitY = (stage.clientHeight * (view.scale - 1)) / 2;
      view.x = Math.max(-limitX, Math.min(limitX, begun.viewX + event.clientX - begun.x));
      view.y = Math.max(-limitY, Math.min(limitY, begun.viewY + event.clientY - begun.y));
      draw();
    } else if (image()) {
      image().style.transform = `translateX(${event.clientX - begun.x}px)`;
    }
  });

  const lift = (event) => {
    if (!fingers.delete(event.pointerId) || !begun) return;
    const wasPinch = "apart" in begun;
    const [x, y] = [event.clientX - begun.x, event.clientY - begun.y];
    begun = null;
    if (wasPinch || view.scale > 1) return;
    draw();
    if (event.type === "pointercancel") return;
    if (Math.abs(x) > 60 && Math.abs(x) > Math.abs(y)) step(x < 0 ? 1 : -1);
    else if (y > 120 && y > Math.abs(x)) leave();
  };
  stage.addEventListener("pointerup", lift);
  stage.addEventListener("pointercancel", lift);

  /* --- buttons and keys ---------------------------------------------------------------------------- */

  const post = (action) => window.gallery.post({ action, ids: [idNow] }, [idNow]);

  const does = {
    close: leave,
    before: () => step(-1),
    after: () => step(1),
    zoom: () => (view.scale > 1 ? reset() : zoom(2.5)),
    pin: () => post(isPinned(shown) ? "unpin" : "pin"),
    delete: () => post("delete"),
  };

  box.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) does[button.dataset.do](button);
  });

  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "VIDEO") return;
    const keys = {
      ArrowLeft: does.before,
      ArrowRight: does.after,
      Home: () => step(-Infinity),
      End: () => step(Infinity),
      "+": () => zoom(view.scale * 1.5),
      "=": () => zoom(view.scale * 1.5),
      "-": () => zoom(view.scale / 1.5),
      0: reset,
      p: tool("pin") ? does.pin : null,
      Delete: tool("delete") ? does.delete : null,
    };
    const todo = keys[event.key];
    if (!todo) return;
    event.preventDefault();
    todo();
  });

  /* An address that names a result opens it. */
  addEventListener("load", () => {
    const id = new URL(location.href).searchParams.get("show");
    const shot = id && shots().find((each) => idOf(each) === id);
    if (!shot) return;
    history.replaceState(null, "", address(""));
    open(shot);
  });
})();
