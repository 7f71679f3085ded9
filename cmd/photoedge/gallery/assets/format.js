// Numbers for people.
export const count = (n) => n.toLocaleString('en-US');

export function bytes(n) {
  for (const unit of ['B', 'KB', 'MB', 'GB']) {
    if (n < 999.5 || unit === 'GB') {
      return `${n < 9.95 && unit !== 'B' ? n.toFixed(1) : Math.round(n)} ${unit}`;
    }
    n /= 1000;
  }
}

// milliseconds is a dash for null: not measured yet.
export function milliseconds(ms) {
  if (ms === null) return '–';
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  return `${ms < 10 ? ms.toFixed(1) : count(Math.round(ms))} ms`;
}

// percent never rounds up to 100: one miss in a thousand is not none.
export function percent(share) {
  if (share === null) return '–';
  return `${(Math.floor(share * 1000) / 10).toFixed(1).replace(/\.0$/, '')} %`;
}

// put changes a text only when it is another one, so that nothing is announced
// or laid out again for nothing.
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function announce(text) {
  put(document.getElementById('announce'), text);
}
