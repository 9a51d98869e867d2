import { performance } from 'node:perf_hooks';
import { URLSearchParams } from 'node:url';
import { ContenderProcess } from '../contenders/contender-process.mjs';
import { loadedSpan, TENANTS, TYPES } from '../ledger/load-ledger.mjs';
import { loadedLedger } from '../ledger/loaded-ledger.mjs';
import { warmLedger } from '../ledger/warm-ledger.mjs';
import { ViewerBrowser } from '../measure/viewer-browser.mjs';
import { viewerBytes } from '../measure/viewer-bytes.mjs';
import { percentile } from '../statistics.mjs';

const DAY_MS = 86_400_000;
const COUNTED = ['outcome', 'type', 'actorId', 'resource', 'ip', 'tenantId'];
const below = (count) => Math.floor(Math.random() * count);

/** What the search page asks its histogram and counts for: a range in days, and filters, drawn again each time. */
const OVERVIEWS = {
  'a day': () => ({ days: 1 }),
  '30 days': () => ({ days: 30 }),
  'everything, twelve months': () => ({ days: 365 }),
  'a type, 30 days': () => ({ days: 30, type: TYPES[below(TYPES.length)].type }),
  'a tenant, 30 days': () => ({ days: 30, tenantId: `tenant-${1 + below(TENANTS)}` }),
  'denied, twelve months': () => ({ days: 365, outcome: 'denied' }),
};

/** What a reader of the viewer loads and waits for, on a large ledger. */
export async function viewer({ cluster, schedule, log }) {
  const { rounds, rows, draws } = schedule.viewer;
  const bytes = await viewerBytes();
  const events = schedule.ledger.events.at(-1);
  const { database } = await loadedLedger(cluster, events, log);
  await warmLedger(cluster, database);
  const contender = await ContenderProcess.start(cluster, {
    ...{ name: 'viewer', script: 'serve-viewer.mjs', shared: database },
  });
  const browser = await ViewerBrowser.open();
  try {
    const address = `http://127.0.0.1:${contender.port}/audit`;
    const { fromMs, toMs } = loadedSpan();
    const q = `from:${iso(fromMs)} to:${iso(toMs)}`;
    const page = `${address}/ui#/search?${new URLSearchParams({ q })}`;
    const firstRowsMs = [];
    const longestTaskMs = [];
    await browser.firstRowsMs(page); // compiles
    for (let round = 0; round < rounds; round++) {
      firstRowsMs.push(await browser.firstRowsMs(page));
      longestTaskMs.push(await browser.longestTaskMs(page, rows));
    }
    log(`${events.toLocaleString('en-US')} events: histograms and counts`);
    const overviews = await measureOverviews(address, draws);
    return { events, rows, bytes, firstRowsMs, longestTaskMs, overviews };
  } finally {
    await browser.close();
    await contender.close();
    await contender.forget();
  }
}

async function measureOverviews(address, draws) {
  const measured = {};
  for (const [name, draw] of Object.entries(OVERVIEWS)) {
    const times = [];
    let estimates = 0;
    for (let nth = 0; nth < draws; nth++) {
      const startedMs = performance.now();
      const { estimate } = await overview(address, draw());
      times.push(performance.now() - startedMs);
      if (estimate !== undefined) estimates++;
    }
    measured[name] = { draws, estimates, p50Ms: percentile(times, 50), p95Ms: percentile(times, 95) };
  }
  return measured;
}

async function overview(address, { days, ...filters }) {
  const { toMs } = loadedSpan();
  const fromMs = toMs - days * DAY_MS;
  const query = new URLSearchParams({ ...filters, from: iso(fromMs), to: iso(toMs), steps: '80', groups: '10' });
  for (const field of COUNTED) query.append('by', field);
  const answer = await fetch(`${address}/stats/overview?${query}`);
  if (answer.status !== 200) throw new Error(`The overview answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

function iso(ms) {
  return new Date(ms).toISOString();
}
