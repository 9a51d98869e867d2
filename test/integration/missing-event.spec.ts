import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import type { AuditEvent } from '../../src/audit/index.js';
import type { DoctorLine } from '../../src/cli/doctor/doctor.command.js';
import { insertRows, toInboxLines, MIN_PACKED_BYTES, packInboxRows } from '../../src/monitoring/inbox/inbox-row.js';
import { freshKeyFile, sampleEvent, tempFolder, testDatabase, withClient } from '../support/index.js';
import { makeSigner, ORIGIN, SAMPLE_RULES } from '../support/log-scene.js';
import { runCommand, type CommandRun } from '../support/run-command.js';
import { leave, formatLines as formatSpillLines, SPILL_KEY } from '../support/spilled.js';
import { createWriter } from '../support/writers.js';

const database = await testDatabase();
const keyFile = freshKeyFile();
await makeSigner(keyFile);
const spillDir = await tempFolder('audit-missing-');
const env = {
  DATABASE_URL: database.url,
  AUDIT_SIGNING_KEY_FILE: keyFile,
  AUDIT_LEDGER_ORIGIN: ORIGIN,
  AUDIT_WRITER_KEY: SPILL_KEY,
  AUDIT_SPILL_DIR: spillDir,
};

const doctorsLines = ({ output }: Pick<CommandRun, 'output'>) => {
  const { checks } = JSON.parse(output) as { readonly checks: readonly DoctorLine[] };
  return new Map(checks.map((line) => [line.name, line]));
};
async function explain(id: string): Promise<DoctorLine | undefined> {
  const run = await runCommand(['doctor', '--event', id, '--json'], { cwd: dirname(keyFile), env });
  return doctorsLines(run).get('event');
}

async function store(event: AuditEvent): Promise<string> {
  const rows = packInboxRows(
    toInboxLines([event], () => SAMPLE_RULES),
    createWriter(SPILL_KEY),
  );
  await withClient(database.url, (client) => client.query(insertRows({ ...rows, keyId: undefined }, MIN_PACKED_BYTES)));
  return event.id;
}
const seal = () => runCommand(['seal'], { cwd: dirname(keyFile), env });
const message = (status: DoctorLine['status'], text: string) => ({ status, message: expect.stringContaining(text) });

it('doctor --event <id> names where an event waits, and where it is sealed', async () => {
  const id = await store(sampleEvent({ tenantId: 'acme', details: { text: 'long '.repeat(2_000) } }));
  expect(await explain(id)).toMatchObject(message('warning', 'in the inbox since'));
  await seal();
  expect(await explain(id)).toMatchObject(message('ok', 'is sealed at index 0: order_created, of the tenant acme.'));

  await database.superuserSql('INSERT INTO audit_erased (event_id, act) VALUES ($1, 7)', [id]);
  expect(await explain(id)).toMatchObject(message('ok', 'The act 7 erased its personal values.'));
});

it('doctor --event <id> names a parked line with its reason, and a waiting or refused event of the spill', async () => {
  await database.superuserSql(`ALTER TABLE audit_event ADD CONSTRAINT no_bad CHECK (reason IS DISTINCT FROM 'bad')`);
  const parked = await store(sampleEvent({ reason: 'bad' }));
  await seal();
  expect(await explain(parked)).toMatchObject({
    ...message('error', 'as line 1'),
    remedy: expect.stringContaining('seal parked retry 1'),
  });

  const spilled = sampleEvent();
  await leave(spillDir, formatSpillLines([spilled], 'database'), { backend: 'database' });
  expect(await explain(spilled.id)).toMatchObject(message('warning', 'in the spill for the provider database'));
});

it('doctor --event <id> names the archive of a retired event, a removed event, and one that was never stored', async () => {
  const [retired, removed] = [await store(sampleEvent()), await store(sampleEvent())];
  await seal();
  const [leaf = {}] = await database.superuserSql('SELECT index FROM audit_leaf WHERE event_id = $1', [retired]);
  await withClient(database.superuserUrl, async (client) => {
    await client.query(`SET session_replication_role = replica`);
    await client.query('DELETE FROM audit_event WHERE id = ANY ($1)', [[retired, removed]]);
    await client.query(
      `WITH made AS (
         INSERT INTO audit_retirement (id, kind, partition, policy, as_of, cutoff, archive, state, event_id, entry)
         VALUES (gen_random_uuid(), 'rows', 'audit_event_2026_01', '{}', now(), now(), '2026-01-x', 'retired', gen_random_uuid(), '')
         RETURNING id)
       INSERT INTO audit_retired_range SELECT id, $1, $1 FROM made`,
      [leaf.index],
    );
  });
  expect(await explain(retired)).toMatchObject(message('ok', 'moved it to the archive 2026-01-x'));
  expect(await explain(removed)).toMatchObject(message('error', 'somebody removed it'));
  expect(await explain(sampleEvent().id)).toMatchObject(message('error', 'none of the searched places'));
});

/** One process answers all calls. */
function callDoctor(cwd: string, calls: readonly (readonly [event: string, environment?: object])[]) {
  const own = {
    ...env,
    DOCTOR_OPTIONS: JSON.stringify({ connectionUrl: database.url, signingKeyFile: keyFile, origin: ORIGIN }),
    DOCTOR_SPILL: JSON.stringify({ spillDir: join(cwd, 'spill'), writerKey: SPILL_KEY }),
  };
  const target = `${resolve('test/support/doctor-target.mjs')}#shop`;
  const lines = calls.map(([event, environment]) =>
    JSON.stringify({ args: [target, '--event', event, '--json'], environment: { ...own, ...environment } }),
  );
  return new Promise<readonly { readonly exitCode: number; readonly output: string }[]>((done) => {
    const script = resolve('test/support/doctor-calls.mjs');
    const child = execFile(process.execPath, [script], { cwd }, (_, stdout) =>
      done(
        stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as { exitCode: number; output: string }),
      ),
    );
    child.stdin?.end(lines.join('\n'));
  });
}

it('doctor --event "<method> <path>" says whether the route is audited, and by which event it was seen last', async () => {
  const folder = await tempFolder('audit-route-');
  await mkdir(join(folder, 'spill'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const { request } = sampleEvent();
  const id = await store(sampleEvent({ request: { ...request, method: 'POST', route: '/api/payments/pay' } }));
  await seal();
  const disabled = { spillDir: false, writerKey: SPILL_KEY, disabledProviders: ['database'] };
  const away = { connectionUrl: 'postgres://nobody@127.0.0.1:1/none' };
  const answers = await callDoctor(folder, [
    ['post /api/payments/pay?x=1'],
    ['POST /payments/pay', { DOCTOR_ROUTES: 'bare' }],
    ['GET /nowhere', { DOCTOR_SPILL: JSON.stringify(disabled) }],
    ['POST /payments/pay', { DOCTOR_OPTIONS: JSON.stringify(away) }],
    ['payments'],
  ]);
  const [audited, bare, nowhere, withoutServer] = answers.slice(0, 4).map(doctorsLines);

  expect(audited?.get('route')).toMatchObject(
    message(
      'warning',
      'POST /payments/pay (PaymentsController.pay) records order_payment, if main.ts sets the prefix /api.',
    ),
  );
  expect(audited?.get('newest-event')).toMatchObject(message('ok', id));
  expect(answers[1]?.exitCode).toBe(1);
  expect(bare?.get('route')).toMatchObject(message('error', 'has no @Audited'));
  expect(nowhere).toEqual(
    new Map([
      [
        'route',
        expect.objectContaining(message('error', 'No controller of the application has the route GET /nowhere')),
      ],
      ['providers', expect.objectContaining(message('error', 'switches off database'))],
      ['newest-event', expect.objectContaining({ status: 'warning' })],
      ['sealing', expect.anything()],
    ]),
  );
  expect([withoutServer?.get('route')?.status, withoutServer?.get('database')?.status]).toEqual(['ok', 'error']);
  const unclear = expect.stringContaining('neither an event’s id nor a method') as unknown;
  expect(answers[4]).toMatchObject({ exitCode: 2, output: unclear });
});
