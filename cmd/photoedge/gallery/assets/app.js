// The page's start: connects to the state and hands it to those who show it.
import { showEdge } from './edge.js';
import { showRegions } from './regions.js';
import { watchPhotos } from './photos.js';
import { openable } from './lightbox.js';

const live = document.getElementById('live');
const liveText = document.getElementById('live-text');

function connection(state, text) {
  if (live.dataset.state !== state) {
    live.dataset.state = state;
    liveText.textContent = text;
  }
}

const events = new EventSource('/events'); // reconnects by itself
events.addEventListener('message', (e) => {
  const state = JSON.parse(e.data);
  connection('live', 'live');
  showEdge(state);
  showRegions(state.regions);
});
events.addEventListener('error', () => connection('lost', 'the demo does not answer'));

const photos = watchPhotos();
openable(photos);
