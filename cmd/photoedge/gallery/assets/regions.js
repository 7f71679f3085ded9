// One card for each region, with the buttons that break and heal it.
import { announce, bytes, count, milliseconds, put } from './format.js';

const box = document.getElementById('regions');
const template = document.getElementById('region');
const cards = new Map(); // name -> card
const sparkLength = 60; // samples

export function showRegions(regions) {
  for (const region of regions) {
    if (!cards.has(region.name)) {
      if (cards.size === 0) box.replaceChildren();
      cards.set(region.name, newCard(region));
    }
    show(cards.get(region.name), region);
  }
}

function newCard(region) {
  const root = template.content.firstElementChild.cloneNode(true);
  const find = (selector) => root.querySelector(selector);
  const card = { root, find, rates: [], gets: region.gets, at: performance.now(), says: '' };
  root.dataset.region = region.name;
  const title = find('h2');
  title.textContent = region.name;
  title.id = `region-${region.name}`;
  root.setAttribute('aria-labelledby', title.id);
  const select = find('select');
  select.id = `fault-${region.name}`;
  find('.other label').htmlFor = select.id;
  for (const [button, fault] of [['.darken', () => 'dark'], ['.heal', () => 'none'], ['.apply', () => select.value]]) {
    find(button).addEventListener('click', () => setFault(card, region.name, fault()));
    find(button).setAttribute('aria-describedby', title.id);
  }
  box.append(root);
  return card;
}

function show(card, region) {
  const { find } = card;
  const [health, says] = condition(region);
  card.root.dataset.health = health;
  put(find('.role'), region.role);
  put(find('.status-text'), says);
  put(find('.ttfb'), milliseconds(region.ttfb_ms));
  put(find('.fault'), region.fault);
  put(find('.breaker'), region.breaker || '–');
  put(find('.gets'), count(region.gets));
  put(find('.bytes'), bytes(region.bytes));
  find('.darken').disabled = region.fault === 'dark';
  find('.heal').disabled = region.fault === 'none';
  if (card.says && card.says !== says) announce(`${region.name}: ${says}`);
  card.says = says;
  spark(card, region);
}

// condition is what colour and text say of a region.
function condition({ fault, breaker }) {
  if (breaker === 'open') {
    return fault === 'none' ? ['recovering', 'Healed: the edge will try it soon'] : ['down', `Fails (${fault}): the edge goes elsewhere`];
  }
  if (breaker === 'half-open') return ['recovering', 'The edge is trying it again'];
  return fault === 'none' ? ['well', 'Healthy'] : ['failing', `Fails (${fault})`];
}

// spark draws how many GETs arrived in each of the last moments.
function spark(card, region) {
  const now = performance.now();
  card.rates.push((Math.max(region.gets - card.gets, 0) * 1000) / Math.max(now - card.at, 1));
  card.gets = region.gets;
  card.at = now;
  if (card.rates.length > sparkLength) card.rates.shift();
  const top = Math.max(...card.rates, 2);
  const from = sparkLength - card.rates.length;
  const points = card.rates.map((rate, i) => `${((from + i) * 240) / (sparkLength - 1)},${30 - (28 * rate) / top}`);
  card.find('polyline').setAttribute('points', points.join(' '));
  put(card.find('.rate'), count(Math.round(card.rates.at(-1))));
}

async function setFault(card, region, fault) {
  const problem = card.find('.problem');
  problem.textContent = '';
  try {
    const answer = await fetch(`/regions/${encodeURIComponent(region)}/fault`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ fault }),
    });
    if (!answer.ok) problem.textContent = (await answer.json()).error;
  } catch {
    problem.textContent = 'The demo does not answer.';
  }
}
