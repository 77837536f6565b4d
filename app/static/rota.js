// Drag a name to a place in a draft: the same form is sent as by choosing in its list.
(() => {
  const palette = document.querySelector("[data-drag]");
  const form = document.querySelector("form[data-slots]");
  if (!palette || !form) return;
  palette.hidden = false;
  let person = null;
  for (const chip of palette.querySelectorAll("[data-person]")) {
    chip.addEventListener("dragstart", (event) => {
      person = chip.dataset.person;
      event.dataTransfer.setData("text/plain", chip.textContent);
      event.dataTransfer.effectAllowed = "copy";
    });
    chip.addEventListener("dragend", () => { person = null; });
  }
  for (const place of form.querySelectorAll("[data-drop]")) {
    const select = place.querySelector("select");
    place.addEventListener("dragover", (event) => {
      if (person === null) return;
      event.preventDefault();
      place.classList.add("over");
    });
    place.addEventListener("dragleave", () => place.classList.remove("over"));
    place.addEventListener("drop", (event) => {
      place.classList.remove("over");
      if (person === null) return;
      event.preventDefault();
      select.value = person;
      form.requestSubmit();
    });
  }
})();
