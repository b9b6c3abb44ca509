// Values into words and elements. Text goes in as text only, never as HTML.
export const at = (id) => document.getElementById(id);

export const make = (tag, text, name) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (name) element.className = name;
  return element;
};

export const heading = (text, scope) => {
  const cell = make("th", text);
  cell.scope = scope;
  return cell;
};

export const age = (time) => {
  if (!time) return "";
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000));
  if (seconds < 60) return seconds + " s ago";
  if (seconds < 3600) return Math.floor(seconds / 60) + " min ago";
  if (seconds < 86400) return Math.floor(seconds / 3600) + " h ago";
  return Math.floor(seconds / 86400) + " d ago";
};

// Cells that show an age are looked at each second, and touched when it has changed.
export const agingCell = (time) => {
  const cell = make("td", age(time));
  cell.dataset.since = time || "";
  return cell;
};
setInterval(() => {
  for (const cell of document.querySelectorAll("[data-since]")) {
    const text = age(cell.dataset.since);
    if (cell.textContent !== text) cell.textContent = text;
  }
}, 1000);

export const megabytes = (bytes) => (bytes < 1e6 ? (bytes / 1e3).toFixed(1) + " kB" : (bytes / 1e6).toFixed(1) + " MB");

export const seconds = (value) => {
  if (value < 60) return value.toFixed(1) + " s";
  const whole = Math.round(value);
  return whole < 3600 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
};

export const eventWords = (event) =>
  [event.time.slice(11, 19), event.host || event.mac || "", event.kind, event.file || "", event.reason || ""].filter(Boolean).join("  ");
