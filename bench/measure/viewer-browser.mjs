import sparticuz from '@sparticuz/chromium';
import { chromium } from 'playwright-core';

const ARGUMENTS = ['--no-zygote', '--disable-gpu', '--disable-dev-shm-usage'];
const SETTLE_FRAMES = 3;

// Texts, since they run in the page.
const NOTE_FIRST_ROWS = `new MutationObserver((_, observer) => {
  if (document.querySelector('.event-row') === null) return;
  observer.disconnect();
  // A frame is painted before the next task.
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (globalThis.paintedMs = performance.now());
    port2.postMessage(0);
  });
}).observe(document, { childList: true, subtree: true });
globalThis.tasks = [];
new PerformanceObserver((list) => globalThis.tasks.push(...list.getEntries().map(({ duration }) => duration)))
  .observe({ type: 'longtask' });`;
const UNTIL_PAINTED = `new Promise((painted) => {
  const look = () => (globalThis.paintedMs === undefined ? requestAnimationFrame(look) : painted());
  look();
})`;
const FIRST_ROWS_MS = `paintedMs - performance.getEntriesByType('resource').find(({ name }) => /\\/audit\\/events\\?/.test(name)).responseEnd`;
const SCROLL = `(async (wanted) => {
  const frame = () => new Promise(requestAnimationFrame);
  const reached = () => Math.max(0, ...Array.from(document.querySelectorAll('.event-row'), (row) => Number(row.ariaPosInSet)));
  tasks.length = 0;
  while (reached() < wanted) {
    scrollBy(0, innerHeight * 0.8);
    await frame();
    if (document.querySelector('.state-panel') !== null) throw new Error('The list stopped: ' + document.body.innerText);
  }
  for (let nth = 0; nth < ${SETTLE_FRAMES}; nth++) await frame();
  return Math.max(0, ...tasks);
})`;

/** A Chromium that looks at the viewer. */
export class ViewerBrowser {
  constructor(browser) {
    this.browser = browser;
  }

  static async open() {
    const executablePath = await sparticuz.executablePath();
    return new ViewerBrowser(await chromium.launch({ executablePath, args: ARGUMENTS, chromiumSandbox: false }));
  }

  /** From the end of the answer with the first events to their painted rows, in a browser without a cache: milliseconds. */
  async firstRowsMs(url) {
    return this.#look(url, (page) => page.evaluate(FIRST_ROWS_MS));
  }

  /** The longest task while so many rows are scrolled through: milliseconds, 0 if none took 50. */
  async longestTaskMs(url, rows) {
    return this.#look(url, (page) => page.evaluate(`${SCROLL}(${rows})`));
  }

  async close() {
    await this.browser.close();
  }

  async #look(url, measure) {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 } });
    try {
      const page = await context.newPage();
      await page.addInitScript(NOTE_FIRST_ROWS);
      await page.goto(url);
      await page.locator('.event-row, .state-panel').first().waitFor();
      const told = await page.locator('.state-panel').allInnerTexts();
      if (told.length > 0) throw new Error(`The viewer shows no rows: ${told.join(' ')}`);
      await page.evaluate(UNTIL_PAINTED);
      return await measure(page);
    } finally {
      await context.close();
    }
  }
}
