// Machines that no host names, with adoption; images; the latest events.
import { agingCell, at, eventWords, heading, make, megabytes } from "/ui/words.js";
import { get, post } from "/ui/server.js";

export const latest = 50;
let mayAdopt = false;
let adopting = "";

const ask = (machine) => {
  adopting = machine.mac;
  at("adopt-title").textContent = "Make " + machine.mac + " a host?";
  at("adopt-problem").textContent = "";
  at("adopt-name").value = "";
  at("adopt").showModal();
};

at("adopt-no").addEventListener("click", () => at("adopt").close());
at("adopt-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  at("adopt-yes").disabled = true;
  try {
    await post(`/api/v1/machines/${encodeURIComponent(adopting)}/adopt`, { name: at("adopt-name").value.trim(), profile: at("adopt-profile").value.trim() });
    at("adopt").close();
    document.dispatchEvent(new Event("adopted"));
  } catch (error) {
    at("adopt-problem").textContent = error.message;
  } finally {
    at("adopt-yes").disabled = false;
  }
});

const adoptCell = (machine) => {
  if (!mayAdopt) return make("td", "by an admin");
  const cell = make("td");
  const button = make("button", "Adopt…");
  button.setAttribute("aria-label", "Adopt " + machine.mac);
  button.addEventListener("click", () => ask(machine));
  cell.append(button);
  return cell;
};

const stranger = (machine) => {
  const line = make("tr");
  const name = heading(machine.mac, "row");
  name.append(make("small", [machine.details.client, machine.details.arch, machine.details.interface].filter(Boolean).join(", ")));
  line.append(name, agingCell(machine.last), make("td", machine.reason), adoptCell(machine));
  return line;
};

let before = "";
export const showMachines = async () => {
  const machines = await get("/api/v1/machines");
  const text = JSON.stringify(machines) + mayAdopt;
  if (text === before) return;
  before = text;
  at("machines").replaceChildren(...machines.map(stranger));
  at("some-strangers").hidden = machines.length === 0;
  at("no-strangers").hidden = machines.length > 0;
};

export const showSelf = async () => {
  mayAdopt = (await get("/api/v1/self")).role === "admin";
};

const imageRow = (image) => {
  const line = make("tr");
  const name = heading(image.name, "row");
  name.append(make("small", image.digest.slice(0, 12)));
  const size = image.files.reduce((sum, file) => sum + file.size, 0);
  line.append(name, make("td", [image.kind, image.arch].filter(Boolean).join(", ")), agingCell(image.imported), make("td", megabytes(size)));
  return line;
};
export const showImages = async () => at("images").replaceChildren(...(await get("/api/v1/images")).map(imageRow));

export const showEvents = (events) => {
  const list = at("events");
  list.prepend(...events.slice(-latest).reverse().map((event) => make("li", eventWords(event))));
  while (list.children.length > latest) list.lastChild.remove();
};
