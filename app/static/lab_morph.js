// Makes one piece of the page like another without touching what is typed, chosen or focused.
"use strict";

window.lab = {};

(() => {
  const key = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.dataset.key ?? node.id : "");
  const isSame = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName;
  // Whether something is unfolded belongs to the reader, and not to the server.
  const kept = (node, name) => name === "open" && node.nodeName === "DETAILS";

  function attributes(mine, wanted) {
    for (const { name, value } of wanted.attributes) {
      if (!kept(mine, name) && mine.getAttribute(name) !== value) mine.setAttribute(name, value);
    }
    for (const { name } of [...mine.attributes]) {
      if (!kept(mine, name) && !wanted.hasAttribute(name)) mine.removeAttribute(name);
    }
  }

  function node(mine, wanted) {
    if (mine.nodeType !== Node.ELEMENT_NODE) {
      if (mine.nodeValue !== wanted.nodeValue) mine.nodeValue = wanted.nodeValue;
      return;
    }
    if (mine.isEqualNode(wanted)) return;
    const opens = wanted.dataset.wantsOpen && !mine.dataset.wantsOpen;
    attributes(mine, wanted);
    if (opens) mine.open = true;
    if (mine.nodeName === "SELECT" && mine === document.activeElement) return;
    children(mine, wanted);
    if (mine.nodeName === "SELECT") {
      const chosen = mine.querySelector("option[selected]");
      if (chosen) mine.value = chosen.value;
    }
  }

  function children(mine, wanted) {
    const stays = new Set([...wanted.childNodes].map(key).filter(Boolean));
    const known = new Map();
    for (const child of [...mine.childNodes]) {
      const name = key(child);
      if (name && !stays.has(name)) child.remove();
      else if (name) known.set(name, child);
    }
    let at = mine.firstChild;
    for (const next of [...wanted.childNodes]) {
      const name = key(next);
      let found = name ? known.get(name) : at && !key(at) && isSame(at, next) ? at : null;
      if (found && !isSame(found, next)) {
        if (found === at) at = at.nextSibling;
        found.remove();
        found = null;
      }
      if (!found) mine.insertBefore(next, at);
      else {
        if (found === at) at = at.nextSibling;
        else mine.insertBefore(found, at);
        node(found, next);
      }
    }
    while (at) {
      const after = at.nextSibling;
      at.remove();
      at = after;
    }
  }

  window.lab.morph = (mine, html) => {
    const page = new DOMParser().parseFromString(`<div>${html}</div>`, "text/html");
    const focused = document.activeElement;
    children(mine, page.body.firstChild);
    // A piece that was moved loses the focus in some browsers.
    if (focused !== document.activeElement && focused.isConnected) {
      focused.focus({ preventScroll: true });
    }
  };
})();
