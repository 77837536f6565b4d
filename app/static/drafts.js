// What is being written is saved while it is written: a second after the last key, and when the page is left.
"use strict";

(() => {
  const PAUSE = 1000;

  function watch(form) {
    const state = form.querySelector("[data-draft-state]");
    const save = form.querySelector("[data-save]");
    let waiting = 0;
    const over = document.getElementById("signed-out");
    let sending = false;
    let isOut = false;
    let last = written();

    function written() {
      const fields = new URLSearchParams(new FormData(form));
      fields.delete("csrf_token");
      return fields.toString();
    }

    function say(name, bad) {
      const now = new Date();
      const mark = document.documentElement.lang === "sv" ? "." : ":";
      const time = [now.getHours(), now.getMinutes()].map((part) => String(part).padStart(2, "0")).join(mark);
      const words = (state.dataset[name] || "").replace("{time}", time);
      if (state.textContent !== words) state.textContent = words;
      state.classList.toggle("problem", bad);
      state.classList.toggle("meta", !bad);
    }

    function post(fields, leaving) {
      return fetch(save.formAction, {
        method: "POST",
        headers: { "X-CSRFToken": form.elements.csrf_token.value, Accept: "application/json" },
        body: new URLSearchParams(fields),
        credentials: "same-origin",
        redirect: "error",
        keepalive: leaving,
      });
    }

    // After a new sign-in in another tab the old page's token is worth nothing: a light page has a new one.
    async function renewToken() {
      const answer = await fetch(document.querySelector(".foot a").href, { credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const token = page.querySelector("input[name=csrf_token]");
      if (token) for (const own of document.querySelectorAll("input[name=csrf_token]")) own.value = token.value;
    }

    async function keep(leaving) {
      clearTimeout(waiting);
      waiting = 0;
      const now = written();
      if (sending || now === last) return;
      try {
        let answer = await post(now, leaving);
        if (answer.status === 400 && !leaving) {
          await renewToken();
          answer = await post(now, false);
        }
        if (sending) return;
        isOut = answer.status === 400 || answer.status === 401;
        if (over) over.hidden = !isOut;
        if (answer.ok) {
          last = now;
          say("saved", false);
        } else if (isOut) say("signedOut", true);
        else if (answer.status === 409) say("sent", true);
        else say("unsaved", true);
      } catch {
        if (!sending) say("unsaved", true);
      }
    }

    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(keep, PAUSE, false);
    });
    form.addEventListener("submit", (event) => {
      if (event.submitter === save) {
        event.preventDefault();
        last = "";
        keep(false);
        return;
      }
      if (isOut) {
        // Sent now it would be lost: it is saved first, and goes out once somebody is signed in again.
        event.preventDefault();
        last = "";
        keep(false).then(() => { if (!isOut) form.requestSubmit(event.submitter); });
        return;
      }
      // A second tap sends nothing more, and no late save brings back what was sent.
      if (sending) event.preventDefault();
      sending = true;
      clearTimeout(waiting);
    });
    window.addEventListener("pageshow", () => { sending = false; });
    // What was written before this script had come is saved, too.
    if ([...form.querySelectorAll("textarea")].some((box) => box.value !== box.defaultValue)) {
      last = "";
      waiting = setTimeout(keep, PAUSE, false);
    }
    document.addEventListener("visibilitychange", () => {
      if (document.hidden ? waiting : isOut) keep(document.hidden);
    });
    window.addEventListener("pagehide", () => { if (waiting) keep(true); });
  }

  function count(shown) {
    const box = document.getElementById(shown.dataset.countOf);
    const write = () => { shown.textContent = shown.dataset.words.replace("{count}", String(box.value.trim().length)); };
    box.addEventListener("input", write);
    write();
  }

  for (const form of document.querySelectorAll("form[data-draft]")) watch(form);
  for (const shown of document.querySelectorAll("[data-count-of]")) count(shown);
})();
