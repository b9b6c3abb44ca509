// The table of hosts. A row is made anew only where its host has changed: hundreds of hosts may boot at once.
import { age, agingCell, at, heading, make, megabytes } from "/ui/words.js";
import { showHost } from "/ui/detail.js";

const stages = ["firmware", "loader", "script", "kernel", "initrd", "root", "system", "up"];
const installStages = ["firmware", "loader", "script", "kernel", "initrd", "installing", "installed"];
const rows = new Map(); // by name: the row, and the text of the host that it shows

const underWay = (host) => Object.entries(host.boot ? host.boot.bytes : {}).filter(([, file]) => file.sent < file.size);

const progress = (host) => {
  const files = underWay(host);
  if (!files.length) return [];
  const sent = files.reduce((sum, [, file]) => sum + file.sent, 0);
  const size = files.reduce((sum, [, file]) => sum + file.size, 0);
  const bar = make("progress");
  bar.max = size;
  bar.value = sent;
  const words = files.map(([name, file]) => `${name} ${megabytes(file.sent)} of ${megabytes(file.size)}`).join(", ");
  bar.setAttribute("aria-label", words);
  return [bar, make("small", words)];
};

const stageCell = (host) => {
  const cell = make("td", host.stage === "none" ? "not seen yet" : host.stage);
  const reached = host.boot ? host.boot.stages : {};
  const steps = make("div", undefined, "steps");
  steps.setAttribute("aria-hidden", "true");
  const known = "installing" in reached || "installed" in reached ? installStages : stages;
  for (const stage of known) steps.append(make("span", undefined, stage in reached ? "done" : ""));
  cell.append(steps, ...progress(host));
  return cell;
};

const row = (host) => {
  const line = make("tr");
  const name = heading(undefined, "row");
  const button = make("button", host.name);
  button.dataset.host = host.name;
  button.setAttribute("aria-haspopup", "dialog");
  button.addEventListener("click", () => showHost(host.name));
  name.append(button, ...host.macs.map((mac) => make("small", mac)));
  const condition = make("td", host.condition, host.condition);
  if (host.reason) condition.append(make("small", host.reason));
  const image = make("td", (host.image || host.profile).split("@")[0]);
  if (host.image) image.append(make("small", (host.image.split("@")[1] || "").slice(0, 12)));
  line.append(name, stageCell(host), condition, agingCell(host.since), image);
  line.dataset.words = [host.name, host.stage, host.condition, host.image || "", host.profile, ...host.macs].join(" ").toLowerCase();
  return line;
};

const filter = () => {
  const wanted = at("filter").value.trim().toLowerCase();
  for (const { line } of rows.values()) line.hidden = !line.dataset.words.includes(wanted);
};
at("filter").addEventListener("input", filter);

const count = (hosts) => {
  const is = (test) => hosts.filter(test).length;
  const trouble = is((host) => host.condition === "late" || host.condition === "failed");
  const up = is((host) => stages.indexOf(host.stage) >= stages.indexOf("up") || ["joined", "ready"].includes(host.stage));
  const words = [`${hosts.length} hosts`, `${up} up`];
  if (trouble) words.push(`${trouble} late or failed`);
  const text = words.join(", ");
  if (at("counts").textContent !== text) at("counts").textContent = text;
};

export const showRoll = (hosts) => {
  const body = at("hosts");
  let before = null;
  for (const host of hosts) {
    const text = JSON.stringify(host);
    const known = rows.get(host.name);
    let line = known && known.line;
    if (!known || known.text !== text) {
      line = row(host);
      const focused = known && known.line.contains(document.activeElement);
      if (known) known.line.replaceWith(line);
      else if (before) before.after(line);
      else body.prepend(line);
      if (focused) line.querySelector("button").focus();
      rows.set(host.name, { line, text });
    }
    before = line;
  }
  const present = new Set(hosts.map((host) => host.name));
  for (const [name, { line }] of rows) {
    if (present.has(name)) continue;
    line.remove();
    rows.delete(name);
  }
  at("empty").hidden = hosts.length > 0;
  at("profiles").replaceChildren(...[...new Set(hosts.map((host) => host.profile))].map((name) => Object.assign(make("option"), { value: name })));
  count(hosts);
  filter();
};
