// Reads aloud what is heard on the telephones, and rings; silent until somebody switches it on.
"use strict";

(() => {
  const button = document.getElementById("sound");
  let context = null;
  let rings = 0;

  const isOn = () => button.getAttribute("aria-pressed") === "true";

  function tone(from, to) {
    const level = context.createGain();
    level.gain.value = 0.05;
    level.connect(context.destination);
    for (const pitch of [425, 480]) {
      const sound = context.createOscillator();
      sound.frequency.value = pitch;
      sound.connect(level);
      sound.start(context.currentTime + from);
      sound.stop(context.currentTime + to);
    }
  }

  function ring() {
    if (!isOn() || !document.querySelector('#board .phone[data-tone="ringing"]')) return;
    tone(0, 0.4);
    tone(0.6, 1);
  }

  button.addEventListener("click", () => {
    const on = !isOn();
    button.setAttribute("aria-pressed", String(on));
    if (on) {
      context ??= new AudioContext();
      context.resume();
      rings = setInterval(ring, 3000);
      ring();
    } else {
      clearInterval(rings);
      window.speechSynthesis?.cancel();
    }
  });

  window.lab.say = (words, language) => {
    if (!isOn() || !window.speechSynthesis) return;
    const spoken = new SpeechSynthesisUtterance(words);
    if (language) spoken.lang = language === "arb" ? "ar" : language;
    window.speechSynthesis.speak(spoken);
  };
})();
