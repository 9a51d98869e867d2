import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { AuditAggregator, AuditContext } from '../../src/audit/index.js';
import { command as query } from '../../src/cli/commands/query.command.js';
import { keptApp, testDatabase } from '../support/close-after-tests.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { freshKeyFile } from '../support/fresh-key-file.js';
import { runBuilt, runCommand } from '../support/run-command.js';
import { tempFolder } from '../support/temp-folder.js';
import { today } from '../support/today.js';

const ADA = { type: 'user', id: 'ada' } as const;
const ADMIN = { type: 'admin', id: 'root', name: 'Administrator' } as const;
const ANSWERS = [['order_updated'], ['order_updated'], ['user_login_failed']];
const TYPED_ANSWERS = [
  ...[['order_updated'], ['order_updated'], ['order_updated'], ['user_login_failed'], ['product_deleted']],
  ...[['payment_refunded'], ['order_created'], ['product_deleted'], ['user_login_failed']],
  ['audit_log_viewed', 'audit_log_viewed'],
  ['data_export_denied'],
  ['data_export_denied', 'user_login_failed'],
];

interface Page {
  readonly items: readonly { readonly type: string }[];
}

const page = await readFile('docs/guides/reading.md', 'utf8');
const [, guide = ''] = /\n## The first questions of a support team\n([^]*?)\n## /.exec(page) ?? [];
await today(); // one question has this word
const database = await testDatabase();
const signingKeyFile = freshKeyFile();
const listening = await keptApp(startLedgerApp(database.url, { monitoring: { signingKeyFile } }));
const audit = listening.app.get(AuditAggregator);
await AuditContext.run({ ip: '192.0.2.7' }, async () => {
  await audit.record('order_updated', { actor: ADA, resource: { type: 'order', id: 'o-1' } });
  await audit.record('user_login_failed', { actor: { type: 'anonymous' }, details: { username: 'bob' } });
});
await AuditContext.run({ ip: '192.0.2.8' }, async () => {
  await audit.record('order_created', { actor: { ...ADA, sessionId: 's-1' } });
  await audit.record('product_deleted', {
    actor: ADMIN,
    resource: { type: 'product', id: 'p-1' },
    details: { name: 'Rug' },
  });
  for (const amountCents of [9_000, 15_000]) {
    await audit.record('payment_refund', { actor: ADA, details: { amountCents } });
  }
});
await AuditContext.run({ credentialId: 'K', credentialKind: 'api_key' }, () =>
  audit.record('data_export', { actor: ADA, outcome: 'denied' }),
);
await audit.record('order_canceled', { resource: { type: 'order', id: 'o-2' } });
await audit.record('user_profile_updated', { actor: { type: 'user', id: 'u-7', name: 'Ben Byron' } });
for (const sought of ['who:ben', 'actorId=u-7'])
  await query.run([sought, '--by', 'ops', '--database-url', database.url]);

describe('the first questions of docs/guides/reading.md', () => {
  const answersTo = async (calls: readonly string[]) => {
    const answers = [];
    for (const call of calls) {
      const { output = '' } = await query.run([...call.split(' '), '--json', '--database-url', database.url]);
      answers.push(listTypes(JSON.parse(output) as Page)); // what --json prints
    }
    return answers;
  };
  const listTypes = ({ items }: Page): readonly string[] => items.map(({ type }) => type);

  it('are answered by the first words typed', async () => {
    const typed = Array.from(guide.matchAll(/^\| [^|`]+ \| `([^`]+)`/gm), ([, words = '']) => words);
    expect(await answersTo(typed)).toEqual(TYPED_ANSWERS);
  });

  it('are answered by HTTP', async () => {
    const paths = Array.from(guide.matchAll(/^GET (\S+)$/gm), ([, path = '']) => path);
    const answers = await Promise.all(
      // The answer of the route.
      paths.map(async (path) => listTypes((await (await fetch(listening.url + path)).json()) as Page)),
    );
    expect(answers).toEqual(ANSWERS);
  });

  it('are answered by the command', async () => {
    const calls = Array.from(guide.matchAll(/^npx nestjs-audit-ledger query (.+)$/gm), ([, words = '']) => words);
    expect(await answersTo(calls)).toEqual(ANSWERS);
  });
});

describe('the ten questions of docs/guides/reading.md', () => {
  const day = (nth: number): string => new Date(Date.now() + nth * 86_400_000).toISOString().slice(0, 10);
  const [, shown = ''] = /\n## Ten questions\n([^]*?)\n## /.exec(page) ?? [];
  const DAYS: Readonly<Record<string, number>> = { '2026-11-01': -1, '2026-11-24': 0, '2026-11-30': 1 };
  const ten = shown.replace(/2026-11-\d\d/g, (written) => day(DAYS[written] ?? Number.NaN));
  const FOUND = ['order_canceled', 'user_profile_updated', 'user_login_failed', 'audit_log_viewed', 'product_deleted'];

  it('are answered by HTTP', async () => {
    const paths = Array.from(ten.matchAll(/^GET (\/audit\/events\?\S+)$/gm), ([, path = '']) => path);
    const answers = await Promise.all(paths.map(async (path) => (await fetch(listening.url + path)).text()));
    expect(answers).toEqual(FOUND.map((type) => expect.stringContaining(`"type":"${type}"`)));
    const mistaken = await fetch(`${listening.url}/audit/events?q=cancelled+yesterday`);
    expect([mistaken.status, await mistaken.text()]).toEqual([
      400,
      expect.stringContaining('did you mean on:yesterday?'),
    ]);
  });

  it('are answered by the command', async () => {
    const cwd = await tempFolder('audit-ten-');
    const target = `${resolve('test/support/doctor-target.mjs')}#shop`;
    const options = { connectionUrl: database.url, signingKeyFile };
    const env = {
      ...{ DATABASE_URL: database.url, AUDIT_SIGNING_KEY_FILE: signingKeyFile },
      ...{ DOCTOR_OPTIONS: JSON.stringify(options), DOCTOR_SPILL: '{"spillDir":false}' },
    };
    const runs = [];
    for (const [, line = ''] of ten.matchAll(/^npx nestjs-audit-ledger (.+)$/gm)) {
      const words = Array.from(line.matchAll(/'([^']*)'|\S+/g), ([word, quoted]) => quoted ?? word);
      const run = words[0] === 'doctor' ? runBuilt : runCommand;
      runs.push(
        await run(
          words.map((word) => (word.startsWith('dist/') ? target : word)),
          { cwd, env },
        ),
      );
    }
    expect(runs.map(({ code, errors }) => (code === 2 ? errors : code))).toEqual([...Array<number>(8).fill(0), 1, 1]);
    expect(runs.map(({ output }) => output)).toEqual([
      ...FOUND.map((type) => expect.stringContaining(` ${type} `)),
      expect.stringContaining('november.jsonl: '),
      expect.stringMatching(/Erased the personal part of [1-9]/),
      expect.stringContaining('sound: '),
      expect.stringContaining('No controller of the application has the route POST /orders'),
      expect.stringContaining('partitions'),
    ]);
    expect(runs[3]?.errors).toContain('are left out; actor:* shows all');
    const nobody = ['--subject', 'ben@example.com', '--reason', 'x'];
    expect((await runCommand(['erase', ...nobody], { cwd, env })).errors).toContain(
      'no event is by or about the id ben@',
    );
    const counted = await runCommand(['erase', ...nobody, '--identifier', 'ben@', '--dry-run'], { cwd, env });
    expect(counted.output).toContain('Check the subject: no event is by or about it');
  });
});
