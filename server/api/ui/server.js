// Questions to the server, with the token. One that is refused for its token throws `refused`.
export const refused = new Error("the token is not taken");

let token = "";
if (location.hash.startsWith("#token=")) {
  token = new URLSearchParams(location.hash.slice(1)).get("token");
  sessionStorage.setItem("token", token);
  history.replaceState(null, "", location.pathname);
} else {
  token = sessionStorage.getItem("token") || "";
}

export const hasToken = () => token !== "";
export const setToken = (value) => {
  token = value;
  sessionStorage.setItem("token", value);
};

export const ask = async (path, options = {}) => {
  const answer = await fetch(path, { ...options, headers: { Authorization: "Bearer " + token, ...options.headers } });
  if (answer.status === 401) throw refused;
  if (!answer.ok) throw new Error((await answer.json()).detail);
  return answer;
};

export const get = async (path) => (await ask(path)).json();

export const post = async (path, fields) =>
  (await ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields) })).json();

// Calls `take` with each event after `last`, as they come, until the connection ends.
export const follow = async (last, take) => {
  const answer = await ask("/api/v1/events?follow=true&after=" + last);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const events = [];
    for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
      const data = text.slice(0, end).split("\n").find((line) => line.startsWith("data: "));
      if (data) events.push(JSON.parse(data.slice(6)));
    }
    take(events);
  }
};
