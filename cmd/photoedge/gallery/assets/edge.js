// The edge's own card: hit ratio, outcomes, cache.
import { bytes, count, milliseconds, percent, put } from './format.js';

// The order in which outcomes are shown; others come behind.
const order = ['hit', 'stale', 'revalidated', 'follow', 'miss', 'stale-error', 'negative', 'bypass', 'error'];

const byId = (id) => document.getElementById(id);
const shown = new Map(); // outcome -> {segment, item, value}

export function showEdge(state) {
  put(byId('hit-ratio'), percent(state.hit_ratio));
  put(byId('cache-bytes'), bytes(state.cache.bytes));
  put(byId('cache-entries'), count(state.cache.entries));
  put(byId('errors'), count(state.errors));
  byId('errors').classList.toggle('bad', state.errors > 0);

  const names = Object.keys(state.outcomes).filter((name) => state.outcomes[name] > 0);
  const rank = (name) => (order.includes(name) ? order.indexOf(name) : order.length);
  names.sort((a, b) => rank(a) - rank(b));
  for (const name of names) {
    if (!shown.has(name)) add(name, rank);
    const { segment, value } = shown.get(name);
    segment.style.flexGrow = state.outcomes[name];
    put(value, count(state.outcomes[name]));
  }
}

// add inserts an outcome at its place in the bar and in the list.
function add(name, rank) {
  const segment = document.createElement('span');
  const item = document.createElement('li');
  const value = document.createElement('b');
  segment.dataset.outcome = item.dataset.outcome = name;
  segment.title = name;
  item.append(name, ' ', value);
  const next = [...shown.keys()].find((other) => rank(other) > rank(name));
  byId('outcome-bar').insertBefore(segment, next ? shown.get(next).segment : null);
  byId('outcomes').insertBefore(item, next ? shown.get(next).item : null);
  shown.set(name, { segment, item, value });
  const sorted = [...shown].sort(([a], [b]) => rank(a) - rank(b));
  shown.clear();
  sorted.forEach(([key, entry]) => shown.set(key, entry));
}
