// A photo large, with the keyboard: arrows, Home, End, Esc.
import { countFailure } from './photos.js';

const byId = (id) => document.getElementById(id);
const dialog = byId('lightbox');
const image = byId('lightbox-image');

export function openable(photos) {
  let at = 0;

  function show(i) {
    at = (i + photos.length) % photos.length;
    const photo = photos[at];
    dialog.classList.remove('broken');
    image.removeAttribute('src'); // not the last photo under this one's title
    image.alt = photo.firstElementChild.alt;
    const [width, height] = ['width', 'height'].map((side) => photo.firstElementChild.getAttribute(side));
    image.style.setProperty('--ratio', width / height);
    image.style.setProperty('--most', `${2 * width}px`); // small photos grow, but not into a blur
    image.src = photo.href;
    byId('lightbox-title').textContent = image.alt;
    byId('lightbox-info').textContent = `${photo.dataset.key}, ${photo.dataset.info}`;
    byId('lightbox-place').textContent = `${at + 1} of ${photos.length}`;
  }

  photos.forEach((photo, i) => photo.addEventListener('click', (e) => {
    if (e.ctrlKey || e.metaKey || e.shiftKey) return; // a new tab is the browser's business
    e.preventDefault();
    show(i);
    dialog.showModal();
  }));
  image.addEventListener('error', () => {
    dialog.classList.add('broken');
    countFailure();
  });
  byId('lightbox-close').addEventListener('click', () => dialog.close());
  byId('lightbox-previous').addEventListener('click', () => show(at - 1));
  byId('lightbox-next').addEventListener('click', () => show(at + 1));
  dialog.addEventListener('click', (e) => {
    if (e.target === dialog) dialog.close(); // the backdrop
  });
  dialog.addEventListener('keydown', (e) => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: photos.length - 1 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    show(to);
  });
  dialog.addEventListener('close', () => { // Esc ends here too
    image.removeAttribute('src');
    photos[at].focus(); // the photo last looked at
  });
}
