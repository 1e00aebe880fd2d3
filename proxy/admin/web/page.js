// Keeps the page as things are now. The server renders every part, here and in the page as it was
// loaded; this puts the newer one in place of what differs, so that focus, opened details and a
// selection stay.
"use strict";

(() => {
  const PARTS_OF = {
    grants: ["summary", "grants"],
    buckets: ["limits"],
    requests: ["upstream", "requests"],
    fleet: ["fleet"],
  };
  const RETRY_MS = 10000; // after the server has refused to be followed

  const live = document.getElementById("live");
  const filter = document.getElementById("filter");
  const filterText = document.getElementById("filter-text");
  const filterFailed = document.getElementById("filter-failed");

  // ---- changing what differs

  function isAlike(old, fresh) {
    return old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName && !old.id;
  }

  function patchAttributes(old, fresh) {
    for (const { name, value } of [...fresh.attributes]) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    for (const { name } of [...old.attributes]) {
      const isTheReaders = name === "open" && old.nodeName === "DETAILS";
      if (!fresh.hasAttribute(name) && !isTheReaders) old.removeAttribute(name);
    }
  }

  function patch(old, fresh) {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    patchAttributes(old, fresh);
    patchChildren(old, fresh);
  }

  // Children with an id are found again by it, the others by their place.
  function patchChildren(old, fresh) {
    const known = new Map([...old.children].filter((one) => one.id).map((one) => [one.id, one]));
    let place = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      const inPlace = place !== null && isAlike(place, child) ? place : undefined;
      const same = child.id ? known.get(child.id) : inPlace;
      if (same === undefined) {
        if (child.nodeName === "TR" && child.id) child.className = "new";
        old.insertBefore(child, place);
        continue;
      }
      if (same === place) place = place.nextSibling;
      else old.insertBefore(same, place);
      patch(same, child);
    }
    while (place !== null) {
      const next = place.nextSibling;
      place.remove();
      place = next;
    }
  }

  // ---- times and the filter

  function toLocalTime(within) {
    for (const time of within.querySelectorAll("time[datetime]")) {
      const date = new Date(time.dateTime);
      time.textContent = date.toLocaleTimeString([], { hour12: false });
      time.title = date.toLocaleString();
    }
    for (const zone of within.querySelectorAll(".zone")) zone.textContent = "local time";
  }

  function applyFilter() {
    const wanted = filterText.value.trim().toLowerCase();
    for (const row of document.querySelectorAll(".requests tbody tr")) {
      const isWanted = row.textContent.toLowerCase().includes(wanted);
      const isGood = row.querySelector(".status .good") !== null;
      row.hidden = !isWanted || (filterFailed.checked && isGood);
    }
  }

  // ---- reading parts again, one after the other

  const wanted = new Set();
  let isReading = false;

  const process = document.querySelector("[data-process]").dataset.process;

  function isOfAnotherProcess(fresh) {
    const named = fresh.querySelector("[data-process]");
    return named !== null && named.dataset.process !== process;
  }

  async function readPart(part) {
    const answer = await fetch(`/page/${part}`);
    if (!answer.ok) throw new Error(`${part}: ${answer.status}`);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    if (isOfAnotherProcess(fresh)) return location.reload(); // its forms would not be taken
    toLocalTime(fresh);
    patchChildren(document.querySelector(`[data-part="${part}"]`), fresh);
    if (part === "requests") applyFilter();
  }

  async function readWanted() {
    if (isReading) return;
    isReading = true;
    try {
      while (wanted.size > 0) {
        const [part] = wanted;
        wanted.delete(part);
        await readPart(part);
      }
    } catch {
      wanted.clear(); // the next event names what has changed
    } finally {
      isReading = false;
    }
  }

  function want(documents) {
    for (const name of documents) {
      for (const part of PARTS_OF[name] ?? []) wanted.add(part);
    }
    readWanted();
  }

  // ---- following the server, as long as the page is looked at

  let events = null;
  let retry = 0;

  function say(words, isOn) {
    if (live.textContent !== words) live.textContent = words;
    live.className = isOn ? "on" : "off";
    document.body.classList.toggle("lost", !isOn);
  }

  function follow() {
    clearTimeout(retry);
    if (events !== null || document.hidden) return;
    events = new EventSource("/api/events");
    events.addEventListener("open", () => say("Live", true));
    events.addEventListener("changed", (event) => want(JSON.parse(event.data)));
    events.addEventListener("beat", () => want(["grants"]));
    events.addEventListener("error", () => {
      say("No connection to Postern; trying again", false);
      if (events.readyState !== EventSource.CLOSED) return;
      rest();
      retry = setTimeout(follow, RETRY_MS);
    });
  }

  function rest() {
    events?.close();
    events = null;
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) rest();
    else follow();
  });

  // ---- what is to be taken elsewhere

  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    });
  }

  filter.hidden = false;
  filterText.addEventListener("input", applyFilter);
  filterFailed.addEventListener("change", applyFilter);
  toLocalTime(document);
  follow();
})();
