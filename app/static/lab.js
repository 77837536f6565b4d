// The phone lab: asks what has changed, shows it, and tells the server what was clicked.
"use strict";

(() => {
  const EVERY = 300;
  const QUIETLY = 700; // what happens within this time is read out as one piece of news
  const body = document.body;
  const board = document.getElementById("board");
  const problem = document.getElementById("problem");
  const news = document.getElementById("news");
  const passing = document.getElementById("passing");
  const travelTo = document.getElementById("travel-to");
  let caller = "";
  let mark = "";
  let seconds = 0;
  let jumping = 0;
  const heard = new Set();
  const lasts = new Map();

  const say = (words) => {
    problem.replaceChildren();
    if (!words) return;
    const said = document.createElement("p");
    said.className = "notice bad";
    said.textContent = words;
    problem.append(said);
  };

  async function send(path, what) {
    const answer = await fetch(`/lab/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Lab-Token": body.dataset.token },
      body: JSON.stringify(what),
    });
    const told = await answer.json().catch(() => ({}));
    // Another demo has taken this one's place: its page is another.
    if (answer.status === 403) location.reload();
    say(answer.ok ? "" : told.words || body.dataset.failed);
    return answer.ok ? told : null;
  }

  // What is new since the last look: read out, spoken if sound is on, and scrolled to.
  let waiting = [];
  function tell(words) {
    waiting.push(words);
    if (waiting.length === 1) {
      setTimeout(() => {
        const line = document.createElement("span");
        line.textContent = `${waiting.slice(-4).join(". ")}. `;
        news.replaceChildren(line);
        waiting = [];
      }, QUIETLY);
    }
  }

  function listen(isFirst) {
    for (const phone of board.querySelectorAll(".phone")) {
      const name = phone.querySelector("h3, .whose").textContent;
      for (const bubble of phone.querySelectorAll(".bubble")) {
        const key = `${phone.id} ${bubble.dataset.key}`;
        if (heard.has(key)) continue;
        heard.add(key);
        if (isFirst) continue;
        const words = bubble.querySelector(".words").textContent;
        tell(`${name}: ${words}`);
        if (bubble.classList.contains("heard")) window.lab.say(words, bubble.dataset.language);
      }
      const list = phone.querySelector(".said-list");
      const last = list?.lastElementChild?.dataset.key;
      if (list && lasts.get(phone.id) !== last) list.scrollTop = list.scrollHeight;
      lasts.set(phone.id, last);
    }
  }

  function since() {
    for (const span of board.querySelectorAll("[data-since]")) {
      const passed = Math.max(0, Math.round(seconds - Number(span.dataset.since)));
      const words = passed < 60 ? `${passed} s` : `${Math.floor(passed / 60)} min ${passed % 60} s`;
      if (span.textContent !== words) span.textContent = words;
    }
  }

  function show(told) {
    const clock = told.clock;
    seconds = clock.seconds;
    document.getElementById("clock").textContent = clock.time;
    document.getElementById("day").textContent = clock.day;
    document.getElementById("zone").textContent = clock.zone;
    if (document.activeElement !== travelTo && !travelTo.dataset.touched) travelTo.value = clock.local;
    const running = document.getElementById("running");
    const words = clock.running ? running.dataset.pause : running.dataset.run;
    if (running.textContent !== words) running.textContent = words;
    for (const button of document.querySelectorAll("[data-speed]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === clock.speed));
    }
    if (told.board !== undefined) {
      const isFirst = mark === "";
      mark = told.mark;
      window.lab.morph(board, told.board);
      presets(told.presets);
      listen(isFirst);
    }
    since();
  }

  function presets(found) {
    const select = document.getElementById("preset-to");
    if (select === document.activeElement) return;
    const chosen = select.selectedIndex;
    select.replaceChildren(
      ...found.map((one) => {
        const option = new Option(one.words, one.to);
        if (one.fresh) option.dataset.fresh = "yes";
        return option;
      }),
    );
    select.selectedIndex = Math.max(0, Math.min(chosen, found.length - 1));
  }

  async function set(clock) {
    const told = await send("clock", clock);
    if (told) show(told);
  }

  async function look() {
    const asked = new URLSearchParams({ since: mark, caller });
    const answer = await fetch(`/lab/state?${asked}`);
    if (!answer.ok) throw new Error("no answer");
    show(await answer.json());
    if (problem.dataset.lost) {
      delete problem.dataset.lost;
      say("");
    }
  }

  let looking = null;
  const lookNow = () => {
    looking ??= look()
      .catch(() => {
        problem.dataset.lost = "yes";
        if (!problem.textContent) say(body.dataset.lost);
      })
      .finally(() => {
        looking = null;
      });
    return looking;
  };

  async function keepLooking() {
    await lookNow();
    setTimeout(keepLooking, document.hidden ? 4 * EVERY : EVERY);
  }

  const act = (deed) => meanwhile(deed.do === "travel", "do", deed);

  // Sends it, and shows what came of it; says that time passes while it takes long.
  async function meanwhile(isJump, path, what) {
    if (isJump) {
      jumping += 1;
      passing.textContent = body.dataset.passing;
      body.classList.add("jumps-now");
    }
    const done = await send(path, what);
    if (isJump) {
      jumping -= 1;
      if (!jumping) {
        passing.textContent = "";
        body.classList.remove("jumps-now");
      }
      delete travelTo.dataset.touched;
    }
    await looking;
    await lookNow();
    return done;
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { do: deed, who = "", words = "", speed, language } = button.dataset;
    if (deed && !button.form?.dataset.do) {
      const inBar = button.closest(".ringing-bar")?.dataset.phone;
      const where = button.closest(".phone")?.id;
      await act({ do: deed, who, words });
      if (inBar) document.getElementById(inBar)?.scrollIntoView({ block: "start" });
      // The button that was pressed may be gone: the keyboard stays at its telephone.
      else if (where && !button.isConnected) next(document.getElementById(where));
    } else if (speed) await set({ speed: Number(speed) });
    else if (language && (await send("language", { language }))) location.reload();
    else if (button.id === "running") {
      const isRunning = button.textContent === button.dataset.pause;
      await set({ running: !isRunning });
    } else if (button.id === "understood") {
      remember();
      document.getElementById("main").focus();
    } else if (button.id === "requests-again") requests();
    else if (button.dataset.storyStep) await meanwhile(true, "step", {});
  });

  // A story that begins is watched from its beginning: the telephones, and what comes next.
  function watch(isPlayed) {
    if (!isPlayed) return;
    document.getElementById("intro").hidden = true;
    document.getElementById("main").focus({ preventScroll: true });
    board.scrollIntoView({ block: "start" });
  }

  function next(phone) {
    if (!phone || (document.activeElement && document.activeElement !== body)) return;
    const first = phone.querySelector('[data-key="keys"] button') ?? phone;
    first.focus({ preventScroll: true });
  }

  document.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    if (form.id === "preset" && form.elements.to.selectedOptions[0]?.dataset.fresh) {
      await meanwhile(true, "over", { to: form.elements.to.value });
    } else if (form.id === "preset" || form.id === "travel") {
      await act({ do: "travel", words: form.elements.to.value });
    } else if (form.id === "story") {
      watch(await meanwhile(true, "story", { story: form.elements.story.value }));
    } else if (form.id === "other") {
      const found = await send("number", { number: form.elements.number.value });
      if (found) {
        form.reset();
        await choose(found.who);
      }
    } else if (form.dataset.do === "text") {
      const field = form.elements.words;
      const words = field.value;
      if (words.trim() && (await act({ do: "text", who: form.dataset.who, words }))) {
        if (field.value === words) field.value = "";
      }
    }
  });

  async function choose(who) {
    caller = who;
    await looking;
    await lookNow();
  }

  document.addEventListener("change", async (event) => {
    const select = event.target;
    if (select.id === "script-file" && select.files.length) {
      const script = await select.files[0].text();
      select.value = "";
      watch(await meanwhile(true, "script", { script }));
    } else if (select.id === "caller") await choose(select.value);
    else if (select.dataset.do === "habit") {
      await act({ do: "habit", who: select.dataset.who, words: select.value });
    }
  });
  travelTo.addEventListener("input", () => (travelTo.dataset.touched = "yes"));

  // Whether the introduction has been read; where nothing may be kept it is shown again.
  function remember() {
    document.getElementById("intro").hidden = true;
    try {
      localStorage.setItem("lab-understood", "yes");
    } catch {
      // private windows
    }
  }
  try {
    if (localStorage.getItem("lab-understood")) document.getElementById("intro").hidden = true;
  } catch {
    // private windows
  }

  async function requests() {
    const shown = document.getElementById("requests");
    const answer = await fetch(shown.dataset.fetch);
    if (answer.ok) window.lab.morph(shown, await answer.text());
  }
  document.getElementById("developers").addEventListener("toggle", (event) => {
    if (event.target.open) requests();
  });

  if (window.matchMedia("(max-width: 61.99rem)").matches) document.getElementById("travels").open = false;
  keepLooking();
})();
