import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { unpackChromium } from './chromium.js';

const PATIENCE_MS = 120_000;

const ARGUMENTS = ['--no-zygote', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'];

export type PageOptions = Pick<
  BrowserContextOptions,
  'viewport' | 'colorScheme' | 'locale' | 'timezoneId' | 'reducedMotion' | 'offline' | 'extraHTTPHeaders' | 'hasTouch'
>;

export class TestBrowser {
  private readonly contexts = new Map<BrowserContext, string[]>();

  private constructor(private readonly browser: Browser) {}

  static async open(): Promise<TestBrowser> {
    const { executable, environment } = await unpackChromium();
    const browser = await chromium.launch({
      executablePath: executable,
      args: ARGUMENTS,
      chromiumSandbox: false, // the tests may run as root
      env: { ...(process.env as Record<string, string>), ...environment },
    });
    return new TestBrowser(browser);
  }

  async newPage(options: PageOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: 'en-GB',
      timezoneId: 'UTC',
      reducedMotion: 'reduce',
      ...options,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const faults: string[] = [];
    this.contexts.set(context, faults);
    await watch(context, faults);
    return context.newPage();
  }

  /** All pages of one storage share a list of faults. */
  listFaults(page: Page): readonly string[] {
    return this.contexts.get(page.context()) ?? [];
  }

  /** For faults that a test provokes on purpose. */
  forgetFaults(page: Page): readonly string[] {
    return this.contexts.get(page.context())?.splice(0) ?? [];
  }

  async closePages(): Promise<void> {
    const faults = [...this.contexts.values()].flat();
    await Promise.all([...this.contexts.keys()].map((context) => context.close()));
    this.contexts.clear();
    if (faults.length > 0) throw new Error(`A page did what no page may do:\n${faults.join('\n')}`);
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

// The scripts are texts, since typed code would bring the browser's types into the whole repository.
const NOTE_VIOLATIONS = `document.addEventListener('securitypolicyviolation', (event) => {
  noteViolation('policy violated: ' + [event.violatedDirective, event.blockedURI, event.sample].join(' '));
});`;

/** The browser logs each answer above 399. The viewer shows error answers of the API to its reader, so these answers are not faults. */
function isAnswerOfApi(text: string, url: string): boolean {
  return text.startsWith('Failed to load resource: the server responded') && !url.includes('/ui');
}

async function watch(context: BrowserContext, faults: string[]): Promise<void> {
  await context.exposeBinding('noteViolation', (_source, violation: string) => faults.push(violation));
  await context.addInitScript(NOTE_VIOLATIONS);
  context.on('console', (message) => {
    if (isAnswerOfApi(message.text(), message.location().url)) return;
    if (['error', 'warning', 'assert'].includes(message.type())) {
      faults.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  context.on('weberror', (error) => faults.push(`page error: ${error.error().stack ?? error.error().message}`));
  context.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
}

const { resolve } = createRequire(import.meta.url);

const RUN_AXE = `axe
  .run(document, {
    runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
    resultTypes: ['violations'],
  })
  .then(({ violations }) =>
    violations.map(({ id, help, nodes }) => id + ': ' + help + ': ' + nodes.map(({ html }) => html).join(' | ')),
  )`;

export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  // The debugger's protocol sends the script, which the page's policy does not forbid.
  await page.evaluate(await readFile(resolve('axe-core/axe.min.js'), 'utf8'));
  return page.evaluate<string[]>(RUN_AXE);
}
