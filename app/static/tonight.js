// A page that could not renew itself says so, and since when: what it shows may be over.
"use strict";

(() => {
  const stale = document.getElementById("stale");
  let renewed = new Date();

  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) {
      renewed = new Date();
      stale.hidden = true;
      return;
    }
    if (event.detail.xhr.status === 401 || !stale.hidden) return;
    const mark = document.documentElement.lang === "sv" ? "." : ":";
    const time = [renewed.getHours(), renewed.getMinutes()].map((part) => String(part).padStart(2, "0")).join(mark);
    stale.textContent = stale.dataset.words.replace("{time}", time);
    stale.hidden = false;
  });
})();
