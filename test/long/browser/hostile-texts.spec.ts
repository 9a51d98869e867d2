import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type AuditEvent } from '../../../src/audit/index.js';
import { buildCatalogueFactRules } from '../../../src/audit/nest-free.js';
import { storeEvents } from '../../support/stored-events.js';
import { accessibilityFaults } from '../../support/browser.js';
import { ADMIN } from '../../support/reference-app.js';
import { createTestDatabase, sampleEvent, tempFolder, withClient, closeAfterTests } from '../../support/index.js';
import { ViewerScene } from '../../support/viewer-scene.js';
import { shown } from '../../support/shown.js';

const TEXTS = {
  html: '<img src=x onerror=alert(1)><b>bold</b>',
  script: '</script><script>alert(1)</script>',
  link: 'javascript:alert(1)',
  override: 'invoice\u202Efdp.exe\u202C',
  isolate: '\u2066Ada\u2069\u2067 deleted everything',
  invisible: 'ad\u200Bmin\uFEFF\u00AD',
  arabic: 'نور الهاشمي (مدير)',
  emoji: '👩‍💻🏳️‍🌈'.repeat(30),
  terminal: '\u001B[31mred\u001B[0m\u0007',
  formula: '=HYPERLINK("https://example.com?"&A1,"open")',
  word: 'Donaudampfschifffahrtsgesellschaftskapitän'.repeat(12),
  long: 'All work and no play. '.repeat(2_700), // as long as an event may be
  lines: 'first\n\n\tsecond\r\nthird',
} as const;
type TextName = keyof typeof TEXTS;
const NAMES = Object.keys(TEXTS) as TextName[]; // its own names
/** The library cuts an id at 256 characters, so the ids of these texts stay shorter. */
const MAX_ID_CHARACTERS = 200;

/** An event has room for one text of 58 KB, so each field takes only 500 characters. */
const MAX_FIELD_CHARACTERS = 500;

const SMALL = { viewport: { width: 320, height: 640 } };

const events = new Map<TextName, AuditEvent>();

const database = await createTestDatabase();
const written = NAMES.map((name) => findEvent(TEXTS[name]));
NAMES.forEach((name, nth) => events.set(name, written[nth] ?? sampleEvent()));
const rules = buildCatalogueFactRules();
await withClient(database.superuserUrl, async (client) => {
  await client.query('SELECT audit_event_make_partition(now())');
  await storeEvents(client, written, () => rules);
});
const scene = await closeAfterTests(ViewerScene.on(database));
await scene.untilSealed();
afterEach(() => scene.browser.closePages());

function findEvent(whole: string): AuditEvent {
  const text = whole.slice(0, MAX_FIELD_CHARACTERS);
  const id = text.slice(0, MAX_ID_CHARACTERS);
  return sampleEvent({
    occurredAt: new Date().toISOString(),
    type: 'order_cancellation_failed',
    action: 'order_cancellation',
    outcome: 'failure',
    actor: { type: 'user', id, name: text, sessionId: id, onBehalfOf: { type: 'user', id } },
    tenantId: id,
    resource: { type: id, id },
    request: { id, ip: '203.0.113.7', userAgent: text, method: 'POST', route: text, statusCode: 409, traceId: id },
    changes: {
      before: { [id]: text },
      after: { [id]: `${text} after` },
      diff: [{ path: `/${id.replaceAll('~', '~0').replaceAll('/', '~1')}`, from: text, to: `${text} after` }],
    },
    reason: text,
    error: { name: id, code: id, message: text },
    details: { [id]: whole, list: [text, { [id]: text }] },
    detailsIssues: [{ path: `/${id}`, message: text }],
    metadata: { [id]: text },
  });
}

const getId = (name: TextName): string => events.get(name)?.id ?? '';

async function expectSound(page: Page, where: string): Promise<void> {
  const found = await page.evaluate<object>(`({
    made: document.querySelectorAll('main img, main script, main iframe, main b').length,
    links: Array.from(document.querySelectorAll('a[href]'), ({ protocol }) => protocol).filter((each) => !/^(https?|file):$/.test(each)),
    overflow: Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth),
  })`);
  expect([where, found]).toEqual([where, { made: 0, links: [], overflow: 0 }]);
}

describe('texts that want to do harm, in every field that somebody fills', () => {
  it('are rows of the list like others', async () => {
    const page = await scene.visitAs('#/search?q=type:order_cancellation_failed', ADMIN, SMALL);
    await page.locator('.event-row').nth(3).waitFor();
    await page.locator('.bar').first().waitFor();
    await expectSound(page, 'search');
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Counts and filters' }).click();
    await expectSound(page, 'counts');
    await page.setViewportSize({ width: 1280, height: 800 });
    await page
      .locator('.event-row')
      .nth(NAMES.length - 1)
      .waitFor();
    await expectSound(page, 'search, wide');
  });

  it.each(NAMES)('are an event of their own: %s', async (name) => {
    const page = await scene.visitAs(`#/event/${getId(name)}`, ADMIN, SMALL);
    await page.locator('[data-check=inclusion][data-state=proven]').waitFor();
    await page.locator('.changes tr').first().waitFor();
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.locator('.raw-json').waitFor();
    await expectSound(page, name);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 800 });
    await expectSound(page, `${name}, wide`);
  });

  it.each(NAMES)('are a record and a person: %s', async (name) => {
    const text = TEXTS[name].slice(0, MAX_ID_CHARACTERS);
    const page = await scene.visitAs(`#/person/${encodeURIComponent(text)}`, ADMIN, SMALL);
    await page.locator('.page-head h1').waitFor();
    await page.locator('.event-line').first().waitFor();
    await expectSound(page, `person ${name}`);
    await page.goto(scene.buildUrl(`#/record/${encodeURIComponent(text)}/${encodeURIComponent(text)}`));
    await page.locator('.record-sentence').waitFor();
    await expectSound(page, `record ${name}`);
  });

  it('cannot hide, and cannot reorder what is beside them', async () => {
    const page = await scene.visitAs(`#/event/${getId('override')}`);
    await page.locator('h1 .sentence').waitFor();
    await shown(page.locator('h1')).toContainText('invoiceU+202Efdp.exe');
    for (const name of ['override', 'isolate', 'arabic'] as const) {
      await page.goto(scene.buildUrl(`#/event/${getId(name)}`));
      await page.locator('h1', { hasText: { override: 'U+202E', isolate: 'U+2067', arabic: 'نور' }[name] }).waitFor();
      const isInOrder = await page.evaluate<boolean>(`(() => {
        const boxes = ['actor', 'resource', 'outcome'].map((part) => document.querySelector('h1 .sentence-' + part).getClientRects()[0]);
        // By lines, and within a line from left to right.
        const isBefore = (one, other) => other.top - one.top > one.height / 2 || (Math.abs(other.top - one.top) <= one.height / 2 && one.left < other.left);
        return isBefore(boxes[0], boxes[1]) && isBefore(boxes[1], boxes[2]);
      })()`);
      expect([name, isInOrder]).toEqual([name, true]);
    }
  });

  it.each(['html', 'script', 'override', 'word', 'long'] as const)(
    'are text in a file of evidence: %s',
    async (name) => {
      const page = await scene.visitAs(`#/event/${getId(name)}`);
      await page.locator('[data-check=inclusion][data-state=proven]').waitFor();
      const downloading = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Save evidence' }).click();
      const path = join(await tempFolder('evidence-'), 'evidence.html');
      await (await downloading).saveAs(path);
      const offline = await scene.browser.newPage({ offline: true, ...SMALL });
      await offline.goto(pathToFileURL(path).href);
      await offline.locator('h1[data-verdict=open]').waitFor();
      await offline.locator('details summary').click();
      await expectSound(offline, `evidence ${name}`);
      expect(await accessibilityFaults(offline)).toEqual([]);
      if (name === 'override') await shown(offline.locator('pre').first()).toContainText('invoiceU+202Efdp.exe');
    },
  );
});
