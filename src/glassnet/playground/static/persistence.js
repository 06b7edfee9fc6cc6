// What a tab keeps when it is loaded again: where it was, even if an address cannot hold that much.

const NAME = "glassnet";

let keep = keepInTab;

/** Keep states by another function from now on. */
export function keepIn(other) {
  keep = other;
}

/** Keep a state for as long as the address stays as it is. */
export function remember(state) {
  keep({ ...state, hash: location.hash });
}

function keepInTab(state) {
  // Without a scenario in the address there is nothing that the session would not begin with.
  if (state.hash === "") {
    sessionStorage.removeItem(NAME);
    return;
  }
  try {
    sessionStorage.setItem(NAME, JSON.stringify(state));
  } catch { sessionStorage.removeItem(NAME); } // there is no room: the address must do
}

/** The state that was kept for this address, or null. */
export function recall() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(NAME));
    return kept?.scenario && kept.hash === location.hash ? kept : null;
  } catch { return null; }
}

/** What the reader chose on an earlier visit, or null. */
export function preference(name) {
  try { return localStorage.getItem(`${NAME}-${name}`); } catch { return null; }
}

export function setPreference(name, text) {
  try { localStorage.setItem(`${NAME}-${name}`, text); } catch { /* it holds for this visit */ }
}
