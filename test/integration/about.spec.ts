import { describe, expect, it } from '@jest/globals';
import { tmpdir } from 'node:os';
import { type LedgerAccess } from '../../src/monitoring/index.js';
import type { AuditEvent } from '../../src/audit/index.js';
import { keptApp, testDatabase } from '../support/close-after-tests.js';
import { AuditViewerModule } from '../../src/extensions/viewer/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { runCommand } from '../support/run-command.js';
import { sampleEvent } from '../support/sample-event.js';
import { recordSealed } from '../support/settled.js';

const NOBODY = { type: 'anonymous' } as const;
const other = { type: 'admin', id: 'root', sessionId: 's-root' } as const;
const ada = { type: 'user', id: 'ada', sessionId: 's-7' } as const;
const login = { request: { id: 'r-login' }, resource: { type: 'account', id: 'a-1' } } as const;
const payment = { request: { id: 'r-pay' }, actor: other } as const;
const inLogin = { operationId: '01a1fe74-c240-7419-a34b-8c24b729a5b9' };
const inPayment = { operationId: '01a1fe74-c240-7419-a34b-8c24b729a5ba' };
const CHANGED = { type: 'row_updated', action: 'row_update', category: 'data_change' } as const;

const GIVEN: Readonly<Record<string, Partial<AuditEvent>>> = {
  'row before the log-in': { ...login, ...CHANGED, actor: NOBODY, metadata: inLogin },
  'log-in': { ...login, actor: ada, metadata: inLogin },
  'for her': { request: { id: 'r-2' }, actor: { ...other, onBehalfOf: { type: 'user', id: 'ada' } } },
  'to her': { request: { id: 'r-3' }, actor: other, resource: { type: 'user', id: 'ada' } },
  'to her session': { request: { id: 'r-4' }, actor: other, resource: { type: 'session', id: 's-7' } },
  payment: { ...payment, resource: { type: 'order', id: '17' }, metadata: inPayment, details: { number: 'B-17' } },
  'row of the payment': { ...payment, ...CHANGED, resource: { type: 'receipt', id: '5' }, metadata: inPayment },
  'in the same request': { ...payment, resource: { type: 'cart', id: '9' } },
  'row of nobody': { ...CHANGED, request: { id: 'r-5' }, actor: NOBODY, resource: { type: 'receipt', id: '6' } },
};

const database = await testDatabase();
const authorize = (request: unknown): LedgerAccess => {
  const { headers } = request as { readonly headers: Readonly<Record<string, string>> };
  return headers['x-person'] === undefined ? { scope: 'all' } : { scope: 'subject', subjectId: headers['x-person'] };
};
const audit = { factFields: ['label'] };
const { app, url } = await keptApp(
  startLedgerApp(database.url, { audit, monitoring: { authorize }, extensions: [AuditViewerModule.forRoot()] }),
);
const events = Object.entries(GIVEN).map(([label, { metadata, ...fields }]) =>
  sampleEvent({ resource: { type: 'job', id: label }, ...fields, metadata: { ...metadata, label } }),
);
await recordSealed(app, database, events);

interface Page {
  readonly items: readonly { readonly metadata: { readonly label: string } }[];
}

const listLabels = ({ items }: Page): readonly string[] => items.map(({ metadata }) => metadata.label);

async function get(query: string, headers: Record<string, string> = {}): Promise<Page> {
  return (await (await fetch(`${url}/audit/events?order=asc&${query}`, { headers })).json()) as Page;
}

describe('one question', () => {
  it.each([
    ['user/ada', ['row before the log-in', 'log-in', 'for her', 'to her']],
    ['session/s-7', ['row before the log-in', 'log-in', 'to her session']],
    ['order/17', ['payment', 'row of the payment']],
    ['receipt/5', ['payment', 'row of the payment']],
    ['receipt/6', ['row of nobody']],
    ['user/nobody', []],
  ])('for %s finds its events, however they were recorded', async (about, labels) => {
    expect(listLabels(await get(`about=${about}`))).toEqual(labels);
    const stats = await fetch(`${url}/audit/stats?by=type&about=${about}`);
    expect(await stats.json()).toMatchObject({ total: labels.length });
  });

  it('shows a person no more than they may see', async () => {
    expect(listLabels(await get('about=user/ada', { 'x-person': 'ada' }))).toEqual(['log-in', 'for her', 'to her']);
    expect(listLabels(await get('about=user/ada', { 'x-person': 'bob' }))).toEqual([]);
  });
});

describe('rows=false', () => {
  it('leaves each row change to its operation, which names it', async () => {
    const { items } = await get('rows=false&about=order/17');
    expect(items).toMatchObject([{ metadata: { label: 'payment' }, rowChanges: { records: 1, isComplete: true } }]);
    const all = Object.keys(GIVEN).filter((label) => !['row before the log-in', 'row of the payment'].includes(label));
    expect(listLabels(await get('rows=false'))).toEqual(all);
    for (const counts of ['stats?by=type', 'stats/overview?by=type']) {
      const answer = await fetch(`${url}/audit/${counts}&rows=false&from=-1d`);
      expect(await answer.json()).toMatchObject({ total: all.length });
    }
  });

  it('is a parameter of the command', async () => {
    const args = ['query', '--json', 'order=asc', 'about=user/ada', 'rows=false'];
    const { output } = await runCommand(args, { cwd: tmpdir(), env: { DATABASE_URL: database.url } });
    expect(listLabels(JSON.parse(output) as Page)).toEqual(['log-in', 'for her', 'to her']);
  });
});

it.each(['events?about=order/17', 'resources/order/17?order=desc'])(
  'names=true shows what the ledger calls whom and what it knows by an id: %s',
  async (path) => {
    const page = async (more = '') => (await (await fetch(`${url}/audit/${path}${more}`)).json()) as Page;
    expect((await page('&names=true')).items.at(-1)).toMatchObject({ names: { resource: 'B-17' } });
    expect((await page()).items.at(-1)).not.toHaveProperty('names');
  },
);
