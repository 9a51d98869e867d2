import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ScheduleModule } from '@nestjs/schedule';
import { AuditAggregator, AuditContext } from '../../src/audit/index.js';
import { storeOwnEvent } from '../../src/monitoring/inbox/append-own-event.js';
import { RowChangesModule } from '../../src/extensions/row-changes/index.js';
import { StreamsModule } from '../../src/extensions/streams/index.js';
import { freshKeyFile } from '../support/fresh-key-file.js';
import { guideScript, runGuideScript } from '../support/guide-scripts.js';
import { keptApp, testDatabase } from '../support/close-after-tests.js';
import { accessOfHeader, startLedgerApp } from '../support/ledger-app.js';
import { captureTables } from '../support/row-changes-scene.js';
import { runCommand } from '../support/run-command.js';
import { drained } from '../support/settled.js';
import { passed } from '../support/stream-app.js';
import { tempFolder } from '../support/temp-folder.js';

const GUIDE = 'docs/guides/auditors.md';

/** The types that a query finds among {@link SCENE}, or a pattern of the output. */
type Answer = readonly string[] | RegExp;

/** The clauses of the guide, and the answers to their commands, in the guide's order. */
const ANSWERS: readonly (readonly [clause: string, ...answers: Answer[]])[] = [
  ['10.2.1.1 access to cardholder data', ['data_exported', 'data_viewed', 'payment_refunded']],
  [
    '10.2.1.2 administrators',
    ['admin_config_changed', 'audit_log_exported', 'audit_subject_erased', 'role_assigned', 'user_created'],
    ['row_changed_externally'],
  ],
  ['10.2.1.3 access to the log', ['audit_log_exported', 'audit_log_viewed_denied']],
  ['10.2.1.4 invalid attempts', ['access_denied', 'user_login_failed']],
  [
    '10.2.1.5 credentials and rights',
    ['role_assigned', 'user_created'],
    ['api_key_created', 'user_mfa_disabled', 'user_password_changed'],
  ],
  [
    '10.2.1.6 start, stop and pause of logging',
    ['audit_capture_baseline', 'audit_consumer_changed', 'audit_events_lost', 'system_started'],
  ],
  ['10.2.1.7 system-level objects', ['row_deleted', 'row_inserted', 'table_truncated']],
  ['10.2.2 content of an entry', /"occurredAt": [^]*"outcome": [^]*"actor": /],
  ['10.3.1 readers', ['audit_log_viewed_denied']],
  ['10.3.2 protection from changes', /^sound: /m],
  ['10.3.3 copies elsewhere', /^siem +active /m],
  ['10.3.4 detection of changes', ['audit_integrity_violation']],
  ['10.4.1 daily review', ['alert_raised']],
  ['10.5.1 retention', /^Policy of retention\.json: .*"days":400/m],
  ['10.6 time', /^ok +clock /m],
  ['10.7 failures of logging', ['audit_events_lost', 'audit_recording_degraded', 'audit_sealing_late']],
  ['CC7.1 configuration', ['admin_config_changed', 'settings_changed']],
  ['CC7.2 anomalies', /"groups":\[{"value":"192\.0\.2\.7","count":1,/],
  ['CC7.3 evaluation', ['alert_raised']],
  ['CC7.4 response', ['audit_subject_erased', 'data_viewed']],
  ['CC7.5 recovery', /^sound: /m],
  ['5 principles', ['audit_subject_erased', 'data_viewed']],
  ['17 erasure', ['audit_erasure_completed', 'audit_subject_erased']],
  ['30 records of processing', /"value":"payment","count":1,/],
  ['32 security', /"verdict": "sound"/],
  ['HIPAA 164.312(b) audit controls', ['data_viewed']],
  ['ISO 27001:2022 A.8.15 logging', ['order_creation_failed']],
];

/** Recorded, but not found by any query above. */
const UNRELATED = ['order_shipped', 'user_login_success'];

const SCENE: ReadonlySet<string> = new Set([
  ...UNRELATED,
  ...ANSWERS.flatMap(([, ...answers]) => answers.flatMap((answer) => (answer instanceof RegExp ? [] : answer))),
]);

const day = (nth: number): string => new Date(Date.now() + nth * 86_400_000).toISOString().slice(0, 10);
const DAYS: Readonly<Record<string, string>> = { '2026-11-01': day(-1), '2026-11-30': day(1) };

/** Replaces the guide's days by days around today. */
const shiftDays = (text: string): string =>
  text.replace(/2026-11-\d\d/g, (written) => DAYS[written] ?? `unknown day ${written}`);

const guide = shiftDays(await readFile(GUIDE, 'utf8'));
const [, period = ''] = /behind each query: `([^`]+)`/.exec(guide) ?? [];
const clauses = Array.from(
  guide.matchAll(/^\| ([^|`]+?) +\|[^|]+\| (`[^|]+`) +\|/gm),
  ([, clause = '', cell = '']) => ({
    clause,
    calls: Array.from(cell.matchAll(/`([^`]+)`/g), ([, call = '']) => call),
  }),
);
const expected = new Map(ANSWERS.map(([clause, ...answers]) => [clause, answers]));
const cases = clauses.flatMap(({ clause, calls }) =>
  calls.map((call, nth) => ({ clause, call, answer: expected.get(clause)?.[nth] ?? /no answer is expected/ })),
);

const database = await testDatabase();
const signingKeyFile = freshKeyFile();
const folder = await tempFolder('audit-auditors-');
const inFolder = (name: string): string => join(folder, name);
const spillDir = inFolder('spill');
const env = { DATABASE_URL: database.url, AUDIT_SIGNING_KEY_FILE: signingKeyFile, AUDIT_SPILL_DIR: spillDir };
const run = (...args: readonly string[]) => runCommand(args, { cwd: folder, env });
const destination = { type: 'file', path: inFolder('siem.jsonl') } as const;

await database.sql('CREATE TABLE card (id int PRIMARY KEY)');
await captureTables(database.url, { 'public.card': { truncate: 'record' } });
const { app, url } = await keptApp(
  startLedgerApp(database.url, {
    audit: { spillDir },
    imports: [ScheduleModule.forRoot()],
    monitoring: { signingKeyFile, recordReads: true, authorize: accessOfHeader },
    extensions: [
      RowChangesModule.forRoot(),
      StreamsModule.forRoot({ streams: [{ name: 'siem', personal: 'omit', destination }] }),
    ],
  }),
);
await AuditContext.run({ ip: '192.0.2.7', actor: { type: 'user', id: 'u-8' } }, async () => {
  const audit = app.get(AuditAggregator);
  for (const type of ['admin_config_changed', 'user_created', 'role_assigned'])
    await audit.record(type, { actor: { type: 'admin', id: 'a-1' } });
  for (const type of [
    ...['data_exported', 'payment_refunded', 'settings_changed', 'system_started', 'access_denied'],
    ...['user_password_changed', 'user_mfa_disabled', 'api_key_created', 'user_login_failed', ...UNRELATED],
  ])
    await audit.record(type);
  await audit.record('order_creation', { outcome: 'failure', severity: 'error' });
  await audit.record('data_viewed', {
    actor: { type: 'user', id: 'u-7', name: 'Ada' },
    resource: { type: 'patient', id: 'p-1' },
  });
});
for (const type of [
  ...['alert_raised', 'audit_integrity_violation', 'audit_events_lost', 'audit_sealing_late'],
  'audit_recording_degraded',
])
  await storeOwnEvent(database.url, type, { actor: { type: 'system' } });
await database.sql('INSERT INTO card VALUES (1), (2)');
await database.sql('DELETE FROM card WHERE id = 1');
await database.superuserSql('UPDATE card SET id = 3');
await database.sql('TRUNCATE card');
await fetch(`${url}/audit/events`); // without an access, so the read is refused
await drained(database);
await run('erase', '--subject', 'u-7', '--reason', 'request 17');
await writeFile(inFolder('verifier.key'), (await run('keygen', '--show', signingKeyFile)).output);
await writeFile(inFolder('retention.json'), '{ "days": 400 }');
const handOver = await runGuideScript(shiftDays(await guideScript(GUIDE, 'hand-over.sh')), folder, env);
await passed(database, 'siem');

describe('docs/guides/auditors.md', () => {
  it('has a known answer for each command of each clause', () => {
    expect(clauses.map(({ clause, calls }) => [clause, calls.length])).toEqual(
      ANSWERS.map(([clause, ...answers]) => [clause, answers.length]),
    );
  });

  it.each(cases)('answers $clause by $call', async ({ call, answer }) => {
    const [name = '', ...words] = call.split(' ');
    if (answer instanceof RegExp) {
      const [status, text] = name === 'GET' ? await get(words.join(' ')) : await runText(name, words);
      expect([status, text]).toEqual([name === 'GET' ? 200 : 0, expect.stringMatching(answer)]);
      return;
    }
    const args = [...words.filter((word) => word !== '--json'), ...period.split(' '), '--json'];
    const { code, output, errors } = await run(name, ...args);
    expect([code, errors]).toEqual([0, '']);
    const { items } = JSON.parse(output) as { readonly items: readonly { readonly type: string }[] };
    const found = new Set(items.map(({ type }) => type).filter((type) => SCENE.has(type)));
    expect([...found].toSorted()).toEqual(answer);
  });

  it('hands over events with proofs, their signed manifest, and the result of verify', async () => {
    expect(handOver).toEqual({ code: 0, output: expect.stringContaining('sound: ') });
    const exported = await readFile(inFolder('november.jsonl'), 'utf8');
    const lines = exported.trimEnd().split('\n');
    expect(exported).toContain('"type":"user_login_failed"');
    for (const line of lines) expect(line).toMatch(/"compliance":\[[^\]]*"pci_dss".*"proof":{/);
    expect(await readFile(inFolder('november.jsonl.manifest'), 'utf8')).toContain(`"count":${lines.length},`);
    const verified: unknown = JSON.parse(await readFile(inFolder('verify.json'), 'utf8'));
    const counts = { checked: expect.any(Number), erased: 1, retired: 0 };
    expect(verified).toMatchObject({ verdict: 'sound', ...counts, findings: [], unprotected: expect.any(Array) });
    const sha256 = createHash('sha256').update(exported).digest('hex');
    const { output } = await run('query', 'type=audit_log_exported', `details.sha256=${sha256}`, '--json');
    expect(JSON.parse(output)).toMatchObject({ items: [{ outcome: 'success' }] });
  });
});

async function get(path: string): Promise<[number, string]> {
  const response = await fetch(url + path, { headers: { 'x-access': '{"scope":"all"}' } });
  return [response.status, await response.text()];
}

async function runText(name: string, words: readonly string[]): Promise<[number, string]> {
  const { code, output } = await run(name, ...words);
  // Other lines of doctor are about the server of the tests.
  return [name === 'doctor' ? 0 : code, output];
}
