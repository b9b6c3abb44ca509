// The roll, live: what events say has changed is asked for again, at most a few times a second.
import { at } from "/ui/words.js";
import { follow, get, hasToken, refused, setToken } from "/ui/server.js";
import { latest, showEvents, showImages, showMachines, showSelf } from "/ui/lists.js";
import { refreshDetail } from "/ui/detail.js";
import { showRoll } from "/ui/roll.js";

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let lastEvent = 0;
let refreshing = false;
let again = false;

const say = (text) => {
  if (at("link").textContent !== text) at("link").textContent = text;
};

// A long answer is asked for more rarely: the page and the server shall have most of their time for something else.
const refresh = async () => {
  if (refreshing) { again = true; return; }
  refreshing = true;
  try {
    do {
      again = false;
      const start = performance.now();
      showRoll(await get("/api/v1/hosts"));
      await showMachines();
      await pause(Math.min(2000, Math.max(150, 4 * (performance.now() - start))));
    } while (again);
  } finally {
    refreshing = false;
  }
};

// A change of the configuration is no event; the server takes it up within a second.
const soon = () => {
  if (!document.querySelector("main").hidden && !document.hidden) refresh().catch(() => {});
};
document.addEventListener("adopted", () => { for (const wait of [400, 1000, 2500]) setTimeout(soon, wait); });
document.addEventListener("visibilitychange", soon);
setInterval(soon, 10000);

// Of a long history only the end is wanted.
const findEnd = async () => {
  const [last] = await get("/api/v1/events?after=latest");
  if (last) lastEvent = Math.max(0, last.id - latest);
};

const live = async () => {
  await showSelf();
  await showImages();
  refresh().catch(() => {});
  if (!lastEvent) await findEnd();
  const following = follow(lastEvent, (events) => {
    if (!events.length) return;
    lastEvent = events[events.length - 1].id;
    showEvents(events);
    refreshDetail(events);
    refresh().catch(() => {});
  });
  say("live");
  await following;
};

const signIn = () => {
  document.querySelector("main").hidden = true;
  at("sections").hidden = true;
  at("sign-in").hidden = false;
  say("a token is needed");
  setToken("");
  at("token").focus();
};

const start = async () => {
  at("sign-in").hidden = true;
  document.querySelector("main").hidden = false;
  at("sections").hidden = false;
  for (;;) {
    try {
      await live();
    } catch (error) {
      if (error === refused) return signIn();
    }
    say("connection lost, trying again");
    await pause(2000);
  }
};

at("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  setToken(at("token").value.trim());
  start();
});
if (hasToken()) start(); else signIn();
