// What is being written is saved while it is written: a second after the last key, and when the page is left.
"use strict";

(() => {
  const PAUSE = 1000;

  function watch(form) {
    const state = form.querySelector("[data-draft-state]");
    const save = form.querySelector("[data-save]");
    let waiting = 0;
    let sending = false;
    let last = written();

    function written() {
      const fields = new URLSearchParams(new FormData(form));
      fields.delete("csrf_token");
      return fields.toString();
    }

    function say(name, bad) {
      const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
      const words = (state.dataset[name] || "").replace("{time}", time);
      if (state.textContent !== words) state.textContent = words;
      state.classList.toggle("problem", bad);
      state.classList.toggle("meta", !bad);
    }

    async function keep(leaving) {
      clearTimeout(waiting);
      waiting = 0;
      const now = written();
      if (sending || now === last) return;
      try {
        const answer = await fetch(save.formAction, {
          method: "POST",
          headers: { "X-CSRFToken": form.elements.csrf_token.value, Accept: "application/json" },
          body: new URLSearchParams(now),
          credentials: "same-origin",
          redirect: "error",
          keepalive: leaving,
        });
        if (sending) return;
        if (answer.ok) {
          last = now;
          say("saved", false);
        } else if (answer.status === 401) say("signedOut", true);
        else if (answer.status === 400) say("signedOut", true); // the token belongs to a sign-in that is over
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
      if (event.submitter === save && state) {
        event.preventDefault();
        last = "";
        keep(false);
        return;
      }
      // A second tap sends nothing more, and no late save brings back what was sent.
      if (sending) event.preventDefault();
      sending = true;
      clearTimeout(waiting);
    });
    window.addEventListener("pageshow", () => { sending = false; });
    document.addEventListener("visibilitychange", () => { if (document.hidden && waiting) keep(true); });
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
