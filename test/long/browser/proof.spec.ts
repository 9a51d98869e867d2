import { afterEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { parseSigningKey } from '../../../src/monitoring/proof/log/notes/note-signer.js';
import { accessibilityFaults } from '../../support/browser.js';
import { eventually, freshKeyFile, closeAfterTests, ORIGIN, tempFolder } from '../../support/index.js';
import { forgeLeaf, forgeLog } from '../../support/forge-log.js';
import { ADMIN } from '../../support/reference-app.js';
import { logInOn, ViewerScene } from '../../support/viewer-scene.js';
import { shown } from '../../support/shown.js';
import { withTiming } from '../../support/with-timing.js';

let id = '';
const keyFile = freshKeyFile();

const scene = await closeAfterTests(
  ViewerScene.open('express', { AUDIT_LEDGER_ORIGIN: ORIGIN, AUDIT_SIGNING_KEY_FILE: keyFile }),
);
const [login] = await scene.admin.events('type=user_login_success');
id = login?.id ?? '';
await eventually(async () => (await scene.admin.send('GET', `/audit/events/${id}`)).body.index !== undefined);
const { body } = await scene.admin.send<{ keys: { verifierKey: string }[] }>('GET', '/audit/keys');
const verifierKey = body.keys[0]?.verifierKey ?? '';
const client = await closeAfterTests(new pg.Client({ connectionString: scene.database.superuserUrl }));
await client.connect();
await client.query(`SET session_replication_role = 'replica'`);
const folder = await tempFolder('evidence-');
afterEach(() => scene.browser.closePages());

async function statesOn(page: Page): Promise<Record<string, string | null>> {
  const lines = page.locator('[data-check]');
  await lines.nth(4).waitFor();
  const states = await Promise.all(
    (await lines.all()).map(async (line) => [
      await line.getAttribute('data-check'),
      await line.getAttribute('data-state'),
    ]),
  );
  return Object.fromEntries(states) as Record<string, string | null>;
}

const becomes = (page: Page, check: string, state: string): Promise<void> =>
  page.locator(`[data-check=${check}][data-state=${state}]`).waitFor();

async function openProof({ isPinned = true } = {}): Promise<Page> {
  const page = await scene.visitAs(`#/event/${id}`);
  await page.locator('[data-check]').nth(4).waitFor();
  if (isPinned) {
    await page.getByText('Check the signer').click();
    await shown(page.locator('.proof-key')).toHaveText(verifierKey);
    await page.locator('input[name=key]').fill(verifierKey);
    await page.getByRole('button', { name: 'Pin' }).click();
    await becomes(page, 'signature', 'proven');
  }
  return page;
}

const checkAgain = (page: Page): Promise<void> => page.getByRole('button', { name: 'Check again' }).click();

async function showAgain(page: Page): Promise<void> {
  await page.goto(scene.buildUrl('#/search'));
  await page.goto(scene.buildUrl(`#/event/${id}`));
}

async function whileTampered(change: string, undo: string, poll: () => Promise<void>): Promise<void> {
  await client.query(change);
  try {
    await poll();
  } finally {
    await client.query(undo);
  }
}

/** The browser knows no key and saw no earlier checkpoint. */
const UNPINNED = {
  ...{ leaf: 'proven', added: 'open', personal: 'proven' },
  ...{ inclusion: 'proven', signature: 'open', consistency: 'open' },
};

describe('the proof of an event', () => {
  it('is green for what was checked, and grey for what was not', async () => {
    const page = await openProof({ isPinned: false });
    await shown.poll(() => statesOn(page)).toEqual(UNPINNED);
    await shown(page.locator('.badge.is-proof-unchanged')).toHaveText(`Unchanged since recorded; signed by ${ORIGIN}`);
    await page.getByText('Whose key it is, is not checked').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('is green as a whole once a key is pinned and the log was seen before', async () => {
    const page = await openProof();
    await becomes(page, 'consistency', 'proven');
    await shown(page.locator('.badge.is-proof-proven')).toHaveText('Proven');
  });

  const RED: readonly (readonly [
    what: string,
    change: string,
    undo: string,
    wrong: string,
    others: Record<string, unknown>,
  ])[] = [
    [
      'an altered row: it names the leaf',
      `UPDATE audit_event SET outcome = 'denied' WHERE id = '${id}'`,
      `UPDATE audit_event SET outcome = 'success' WHERE id = '${id}'`,
      'leaf',
      { inclusion: 'wrong', signature: 'proven' },
    ],
    [
      'an altered personal value, and only for that',
      `UPDATE audit_event SET user_agent = user_agent || '!' WHERE id = '${id}'`,
      `UPDATE audit_event SET user_agent = left(user_agent, -1) WHERE id = '${id}'`,
      'personal',
      { leaf: 'proven', inclusion: 'proven' },
    ],
    [
      'a forged leaf: its place in the log has another one',
      `UPDATE audit_event SET outcome = 'denied' WHERE id = '${id}'`,
      `UPDATE audit_event SET outcome = 'success' WHERE id = '${id}'`,
      'inclusion',
      { leaf: 'proven' },
    ],
  ];

  it.each(RED)('is red for %s', async (_what, change, undo, wrong, others) => {
    const page = await openProof();
    await whileTampered(change, undo, async () => {
      if (wrong === 'inclusion') await forgeLeaf(client, id);
      await showAgain(page);
      await becomes(page, wrong, 'wrong');
      await shown.poll(() => statesOn(page)).toMatchObject(others);
      expect(await accessibilityFaults(page)).toEqual([]);
    });
    await forgeLeaf(client, id);
  });
});

it('the proof of another event is not shown for the one that the address names', async () => {
  const [other] = await scene.admin.events('type=row_inserted');
  const page = await scene.visit(`#/event/${id}`);
  await page.route(`**/audit/events/${id}?*`, async (route) => {
    await route.fulfill({ json: (await scene.admin.send('GET', `/audit/events/${other?.id ?? ''}`)).body });
  });
  await logInOn(page, ADMIN.email, ADMIN.password);
  await page.getByText('The application returned another event').waitFor();
  await shown(page.locator('[data-check]')).toHaveCount(0);
});

describe('saved evidence', () => {
  async function save(page: Page): Promise<string> {
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save evidence' }).click();
    const path = join(folder, 'evidence.html');
    await (await downloading).saveAs(path);
    return path;
  }
  async function openFile(path: string): Promise<Page> {
    const page = await scene.browser.newPage({ offline: true });
    await page.goto(pathToFileURL(path).href);
    return page;
  }

  it('is verified offline by its own verifier, and by the key that its reader has', async () => {
    const page = await openFile(await save(await openProof()));
    await page.locator('h1[data-verdict=open]').waitFor();
    await shown.poll(() => statesOn(page)).toEqual(UNPINNED);
    expect(await accessibilityFaults(page)).toEqual([]);
    await shown(page.locator('h2')).toHaveText([/^20\S+ · \w+ · [0-9a-f-]{36}$/]);
    await page.locator('input[name=key]').fill(verifierKey);
    await page.getByRole('button', { name: 'Check with this key' }).click();
    await page.locator('h1[data-verdict=proven]').waitFor();
  });

  it('is red when one character is changed', async () => {
    const path = await save(await openProof());
    const whole = await readFile(path, 'utf8');
    const changes: readonly [string, string][] = [
      ['"outcome": "success"', '"outcome": "succesz"'],
      ['"savedAt": "20', '"savedAt": "30'],
      ['c2sp.org/tlog-proof@v1\\\\nindex ', 'c2sp.org/tlog-proof@v1\\\\nindex 1'],
    ];
    for (const [from, to] of changes) {
      expect(whole).toContain(from.replaceAll('\\\\', '\\'));
      await writeFile(path, whole.replace(from.replaceAll('\\\\', '\\'), to.replaceAll('\\\\', '\\')));
      const page = await openFile(path);
      await page.locator('h1[data-verdict=wrong]').waitFor();
    }
  });

  it('is not green with personal values of somebody who took the salt away, and shows these apart', async () => {
    const path = await save(await openProof());
    const whole = await readFile(path, 'utf8');
    const [, before = '', json = '', after = ''] =
      /^(.*<script type="application\/json"[^>]*>)(.*?)(<\/script>.*)$/s.exec(whole) ?? [];
    const evidence = JSON.parse(json) as {
      events: { event: { request: { userAgent: string } }; sealed: { salt?: string } }[];
    };
    for (const { event, sealed } of evidence.events) {
      event.request.userAgent = 'Forged/1.0';
      delete sealed.salt;
    }
    const forged = JSON.stringify(evidence);
    const digest = createHash('sha256').update(forged).digest('base64');
    const words = '<h1 class="proven">Proven by us</h1>';
    await writeFile(
      path,
      `${before.replace(/data-sha256="[^"]*"/, `data-sha256="${digest}"`)}${forged}${after.replace('</body>', `${words}</body>`)}`,
    );
    const page = await openFile(path);
    await page.locator('input[name=key]').fill(verifierKey);
    await page.getByRole('button', { name: 'Check with this key' }).click();
    await becomes(page, 'signature', 'proven');
    await shown(page.locator('h1')).toHaveText(['Not all is checked']);
    await shown(page.locator('details', { hasText: 'The event and its proof' })).not.toContainText('Forged');
    await shown(page.locator('details', { hasText: 'nothing in this file proves' })).toContainText('Forged');
  });

  it('does not run a verifier that was changed', async () => {
    const path = await save(await openProof());
    const whole = await readFile(path, 'utf8');
    const script = whole.lastIndexOf('<script type="module">');
    await writeFile(path, `${whole.slice(0, script)}${whole.slice(script).replace('wrong', 'wrung')}`);
    const page = await openFile(path);
    await shown(page.locator('h1')).toHaveText('The evidence is not verified');
    await eventually(() =>
      scene.browser.listFaults(page).some((fault) => fault.startsWith('policy violated: script-src')),
    );
    scene.browser.forgetFaults(page);
  });
});

describe('a leader that refuses to continue', () => {
  withTiming({ questionMs: 500 }); // while nothing is sealed, the first question waits for so long

  it('a ledger whose history is rewritten with its own key is caught by a browser that saw it before', async () => {
    const page = await openProof();
    await becomes(page, 'consistency', 'proven');
    // The change is one transaction: what the application seals amid the change would still continue the old history.
    await client.query('BEGIN; LOCK TABLE audit_checkpoint, audit_leaf, audit_tile IN ACCESS EXCLUSIVE MODE');
    await client.query(`UPDATE audit_event SET outcome = 'denied' WHERE id = '${id}'`);
    await forgeLeaf(client, id);
    await forgeLog(client, parseSigningKey((await readFile(keyFile, 'utf8')).trim()));
    await client.query('COMMIT');
    await showAgain(page);
    await becomes(page, 'consistency', 'wrong');
    await shown.poll(() => statesOn(page)).toMatchObject({ leaf: 'proven', inclusion: 'proven', signature: 'proven' });
    await page.getByText('The log was rewritten').waitFor();
    await shown(page.locator('.badge.is-proof-wrong')).toHaveText('Does not match');
  });

  it('a ledger whose checkpoints are forged is red for the signature, by the key that the reader pinned', async () => {
    const page = await openProof();
    await eventually(async () => {
      // The application seals the readers' reads meanwhile, so each round forges the new checkpoints too.
      await client.query(`UPDATE audit_checkpoint SET note = overlay(note placing 'AAAA' from length(note) - 20)`);
      await checkAgain(page);
      return (await statesOn(page)).signature === 'wrong';
    });
    await page.getByText('is forged').waitFor();
  });
});
