// One host: its boots as bars of one scale, the same in a table, and what was seen in the last one.
import { age, at, eventWords, heading, make, megabytes, seconds } from "/ui/words.js";
import { get } from "/ui/server.js";

const order = ["loader", "script", "kernel", "initrd", "root", "system", "installing", "installed", "up", "joined", "ready"];
let shown = "";

const total = (boot) => Object.values(boot.durations).reduce((sum, value) => sum + value, 0);

const bar = (boot, longest) => {
  const line = make("div", undefined, "bar");
  const stages = Object.keys(boot.durations).sort((one, other) => Date.parse(boot.stages[one]) - Date.parse(boot.stages[other]));
  for (const stage of stages) {
    const part = make("span", undefined, stage);
    part.style.width = (longest ? (100 * boot.durations[stage]) / longest : 0) + "%";
    part.title = `${stage}: ${seconds(boot.durations[stage])}`;
    line.append(part);
  }
  return line;
};

const bootRow = (boot, used) => {
  const line = make("tr");
  const name = heading(boot.started.slice(0, 19).replace("T", " "), "row");
  name.append(make("small", boot.image.split("@")[0]));
  line.append(name);
  for (const stage of used) line.append(make("td", stage in boot.durations ? seconds(boot.durations[stage]) : "–"));
  line.append(make("td", seconds(total(boot))));
  return line;
};

const showBoots = (boots) => {
  const used = order.filter((stage) => boots.some((boot) => stage in boot.durations));
  const longest = Math.max(0, ...boots.map(total));
  at("chart").replaceChildren(...boots.map((boot) => bar(boot, longest)));
  const head = make("tr");
  head.append(heading("Begun (UTC)", "col"));
  for (const stage of used) {
    const cell = heading(undefined, "col");
    cell.append(make("span", undefined, "key " + stage), stage);
    head.append(cell);
  }
  head.append(heading("In all", "col"));
  at("boots").replaceChildren(head, ...boots.map((boot) => bootRow(boot, used)));
};

const showFiles = (host) => {
  const files = Object.entries(host.boot ? host.boot.bytes : {});
  at("detail-files").replaceChildren(...files.map(([name, file]) => {
    const line = make("label", `${name} ${megabytes(file.sent)} of ${megabytes(file.size)} `);
    const bar = make("progress");
    bar.max = Math.max(file.size, 1);
    bar.value = file.sent;
    line.append(bar, make("br"));
    return line;
  }));
};

const fill = async (name) => {
  const escaped = encodeURIComponent(name);
  const [host, boots] = await Promise.all([get("/api/v1/hosts/" + escaped), get("/api/v1/boots?limit=20&host=" + escaped)]);
  if (shown !== name) return;
  const words = [host.stage === "none" ? "not seen yet" : host.stage, host.condition, host.reason, age(host.since), "profile " + host.profile];
  at("detail-facts").textContent = words.filter(Boolean).join(" · ");
  showFiles(host);
  showBoots(boots);
  const events = host.stage === "none" ? [] : await get("/api/v1/explain/" + escaped);
  if (shown === name) at("story").replaceChildren(...events.slice(-100).map((event) => make("li", eventWords(event))));
};

export const showHost = async (name) => {
  shown = name;
  at("detail-title").textContent = name;
  for (const id of ["detail-facts", "detail-files", "chart", "boots", "story"]) at(id).replaceChildren();
  at("detail").showModal();
  try {
    await fill(name);
  } catch (error) {
    at("detail-facts").textContent = error.message;
  }
};

// What is open is kept as it is on the server.
let filling = false;
export const refreshDetail = async (events) => {
  if (!at("detail").open || filling || !events.some((event) => event.host === shown)) return;
  filling = true;
  await fill(shown).catch(() => {});
  filling = false;
};
// The row may have been made anew meanwhile: the focus goes to what stands for the host now.
at("detail").addEventListener("close", () => {
  if (at("detail").open) return; // and opened again before this was told
  document.querySelector(`#hosts button[data-host="${CSS.escape(shown)}"]`)?.focus();
  shown = "";
});
