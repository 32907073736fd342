// The state of the page. Panes draw from it alone, and change it only by `update`.

/**
 * Make the store of a state. `derive(state, changes)` returns what follows from changes.
 * A pane {watches, render} is rendered, at most once per frame, if a key that it watches changed.
 */
export function makeStore(initial, derive) {
  const state = { ...initial };
  const panes = [];
  let changed = new Set(Object.keys(state));
  requestAnimationFrame(draw);
  function draw() {
    const keys = changed;
    changed = new Set();
    for (const { watches, render } of panes) {
      if (watches.some((key) => keys.has(key))) render(state, keys);
    }
  }
  function update(changes) {
    for (const [key, value] of Object.entries({ ...changes, ...derive(state, changes) })) {
      if (state[key] === value) continue;
      state[key] = value;
      if (!changed.size) requestAnimationFrame(draw);
      changed.add(key);
    }
  }
  return { state, update, add: (...more) => panes.push(...more) };
}
