// The photos: which loaded, which failed, and loading them again.
import { announce, count, put } from './format.js';

const failedBox = document.getElementById('failed-box');
const failedCount = document.getElementById('failed');
const says = document.getElementById('reload-says');
const reloadButton = document.getElementById('reload');
const keep = document.getElementById('keep');
const every = 2000; // milliseconds between reloads

let failed = 0;
let round = Date.now(); // unlike that of an earlier visit, which the browser may have cached
let running = false;
const visible = new Set();

export function countFailure() {
  failed++;
  failedBox.classList.add('bad');
  put(failedCount, count(failed));
}

// watchPhotos follows every photo from now on and returns them all, in order.
export function watchPhotos() {
  const photos = [...document.querySelectorAll('.photo')];
  const sight = new IntersectionObserver((entries) => {
    for (const e of entries) {
      if (e.isIntersecting) visible.add(e.target);
      else visible.delete(e.target);
    }
  });
  for (const photo of photos) {
    const img = photo.firstElementChild;
    photo.parentElement.style.setProperty('--ratio', img.getAttribute('width') / img.getAttribute('height'));
    img.addEventListener('load', () => settle(photo, true));
    img.addEventListener('error', () => settle(photo, false));
    if (img.complete && img.naturalWidth > 0) settle(photo, true);
    sight.observe(photo);
  }
  // A photo that failed before this script ran tells nobody: ask it again.
  for (const photo of photos) {
    const img = photo.firstElementChild;
    if (img.complete && img.naturalWidth === 0 && img.currentSrc) img.src = again(photo);
  }
  reloadButton.addEventListener('click', reload);
  keep.addEventListener('change', () => keep.checked && reload());
  return photos;
}

function settle(photo, loaded) {
  photo.classList.toggle('loaded', loaded);
  photo.classList.toggle('broken', !loaded);
  photo.classList.remove('again');
  if (!loaded) countFailure();
  photo.dispatchEvent(new CustomEvent('settled', { detail: loaded }));
}

// again is the photo's address with a query that the browser has not cached and
// the edge ignores.
function again(photo) {
  const url = new URL(photo.href);
  url.searchParams.set('r', round.toString(36));
  return url.href;
}

// load asks for a photo once more. The old picture stays until the new one is
// here. Its promise tells whether it came.
function load(photo) {
  return new Promise((resolve) => {
    photo.addEventListener('settled', (e) => resolve(e.detail), { once: true });
    photo.classList.add('again');
    photo.firstElementChild.loading = 'eager';
    photo.firstElementChild.src = again(photo);
  });
}

async function reload() {
  if (running) return;
  running = true;
  round++;
  reloadButton.setAttribute('aria-disabled', 'true');
  const start = performance.now();
  const results = await Promise.all([...visible].map(load));
  const lost = results.filter((loaded) => !loaded).length;
  const text = `${results.length} reloaded in ${count(Math.round(performance.now() - start))} ms, ${lost === 0 ? 'none' : lost} failed`;
  if (keep.checked) {
    says.setAttribute('aria-live', 'off'); // every two seconds is too often to be read out
    setTimeout(() => keep.checked && reload(), every);
  } else {
    says.removeAttribute('aria-live');
  }
  put(says, text);
  if (lost > 0) announce(text);
  reloadButton.removeAttribute('aria-disabled');
  running = false;
}
