"use strict";
// The roll, live: hosts from /api/v1/hosts, again after each event of /api/v1/events. Text goes in as text only.
const stages = ["firmware", "loader", "script", "kernel", "initrd", "root", "system", "up"];
const installStages = ["firmware", "loader", "script", "kernel", "initrd", "installing", "installed"];
const latest = 30;
const at = (id) => document.getElementById(id);
const make = (tag, text, name) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (name) element.className = name;
  return element;
};

let token = new URLSearchParams(location.hash.slice(1)).get("token") || sessionStorage.getItem("token") || "";
let lastEvent = 0;
let refreshing = false;
let again = false;

const get = (path) => fetch(path, { headers: { Authorization: "Bearer " + token } });

const age = (time) => {
  if (!time) return "";
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000));
  if (seconds < 60) return seconds + " s ago";
  if (seconds < 3600) return Math.floor(seconds / 60) + " min ago";
  if (seconds < 86400) return Math.floor(seconds / 3600) + " h ago";
  return Math.floor(seconds / 86400) + " d ago";
};

const megabytes = (bytes) => (bytes < 1e6 ? (bytes / 1e3).toFixed(1) + " kB" : (bytes / 1e6).toFixed(1) + " MB");

const stageCell = (host) => {
  const cell = make("td", host.stage === "none" ? "not seen yet" : host.stage);
  const reached = host.boot ? host.boot.stages : {};
  const steps = make("div", undefined, "steps");
  steps.setAttribute("aria-hidden", "true");
  const known = "installing" in reached || "installed" in reached ? installStages : stages;
  for (const stage of known) steps.append(make("span", undefined, stage in reached ? "done" : ""));
  cell.append(steps);
  const files = host.boot ? Object.entries(host.boot.bytes) : [];
  if (files.length) cell.append(make("small", files.map(([name, b]) => `${name} ${megabytes(b.sent)} of ${megabytes(b.size)}`).join(", ")));
  return cell;
};

const row = (host) => {
  const line = make("tr");
  const name = make("th", host.name);
  name.scope = "row";
  name.append(make("small", host.macs.join(" ")));
  const condition = make("td", host.condition, host.condition);
  if (host.reason) condition.append(make("small", host.reason));
  const since = make("td", age(host.since));
  since.dataset.since = host.since || "";
  const image = make("td", (host.image || host.profile).split("@")[0]);
  if (host.image) image.append(make("small", (host.image.split("@")[1] || "").slice(0, 12)));
  line.append(name, stageCell(host), condition, since, image);
  return line;
};

const stranger = (machine) => {
  const line = make("tr");
  const name = make("th", machine.mac);
  name.scope = "row";
  name.append(make("small", [machine.details.client, machine.details.arch, machine.details.interface].filter(Boolean).join(", ")));
  const seen = make("td", age(machine.last));
  seen.dataset.since = machine.last;
  line.append(name, seen, make("td", machine.reason));
  return line;
};

const refresh = async () => {
  if (refreshing) { again = true; return; }
  refreshing = true;
  try {
    const answer = await get("/api/v1/hosts");
    if (answer.status === 401) return signIn();
    const hosts = await answer.json();
    at("hosts").replaceChildren(...hosts.map(row));
    at("empty").hidden = hosts.length > 0;
    const machines = await (await get("/api/v1/machines")).json();
    at("machines").replaceChildren(...machines.map(stranger));
    at("strangers").hidden = machines.length === 0;
  } finally {
    refreshing = false;
    if (again) { again = false; refresh(); }
  }
};

const showEvent = (event) => {
  const words = [event.time.slice(11, 19), event.host || event.mac || "", event.kind, event.file || "", event.reason || ""];
  const list = at("events");
  list.prepend(make("li", words.filter(Boolean).join("  ")));
  while (list.children.length > latest) list.lastChild.remove();
};

// Of a long history only the end is wanted.
const findEnd = async () => {
  const answer = await get("/api/v1/events?after=latest");
  const [last] = answer.ok ? await answer.json() : [];
  if (last) lastEvent = Math.max(0, last.id - latest);
};

const follow = async () => {
  if (!lastEvent) await findEnd();
  const answer = await get("/api/v1/events?follow=true&after=" + lastEvent);
  if (answer.status === 401) return signIn();
  at("link").textContent = "live";
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    let end;
    while ((end = text.indexOf("\n\n")) >= 0) {
      const data = text.slice(0, end).split("\n").find((line) => line.startsWith("data: "));
      text = text.slice(end + 2);
      if (!data) continue;
      const event = JSON.parse(data.slice(6));
      lastEvent = event.id;
      showEvent(event);
    }
    refresh();
  }
};

const signIn = () => {
  document.querySelector("main").hidden = true;
  at("sign-in").hidden = false;
  at("link").textContent = "a token is needed";
  token = "";
  at("token").focus();
};

const start = async () => {
  at("sign-in").hidden = true;
  document.querySelector("main").hidden = false;
  while (token) {
    try {
      await refresh();
      if (token) await follow();
    } catch (error) { /* the server went away: said below, tried again */ }
    if (!token) return;
    at("link").textContent = "connection lost, trying again";
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
};

at("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  token = at("token").value.trim();
  sessionStorage.setItem("token", token);
  start();
});
setInterval(() => { for (const cell of document.querySelectorAll("[data-since]")) cell.textContent = age(cell.dataset.since); }, 1000);
if (location.hash) {
  sessionStorage.setItem("token", token);
  history.replaceState(null, "", location.pathname);
}
if (token) start(); else signIn();
