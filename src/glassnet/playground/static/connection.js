// Commands go out through whatever is attached; messages go to the handlers of their kind.

/** Numbers of commands: the last, the first whose answer is not drawn (or 0), the last upload. */
export const commands = { sent: 0, unanswered: 0, upload: 0 };

const handlers = new Map();
let deliver = (_) => {};

/** Send commands through a function from now on. */
export function attach(send) {
  deliver = send;
}

/** Ask the session to do something; the number that is returned comes back with frames. */
export function ask(what, more = {}) {
  if (what !== "drawn") {
    commands.sent += 1;
    commands.unanswered ||= commands.sent;
  }
  if (what === "upload") commands.upload = commands.sent;
  deliver({ do: what, ...more, asked: commands.sent });
  return commands.sent;
}

/** Call a handler with every message of a kind. "connected" is said when a session begins. */
export function onMessage(kind, handler) {
  handlers.set(kind, [...(handlers.get(kind) ?? []), handler]);
}

/** Give a message to its handlers, unless it is about an upload that another took the place of. */
export function dispatch({ kind, ...message }) {
  if (message.upload !== undefined && message.upload !== commands.upload) return;
  for (const handler of handlers.get(kind) ?? []) handler(message);
}
