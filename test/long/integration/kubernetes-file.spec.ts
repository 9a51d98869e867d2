import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, expect, it } from '@jest/globals';
import { addressInSchema } from '../../../src/monitoring/store/sessions/ledger-address.js';
import { startAppProcess, type AppProcess } from '../../support/app-process.js';
import { ApiClient, createTestDatabase, eventually, freshKeyFile, runSql, tempFolder } from '../../support/index.js';
import { readKubernetesFile, type Container } from '../../support/kubernetes-file.js';
import { runBuilt } from '../../support/run-command.js';
import { TESTS_KEY } from '../../support/writers.js';

const PASSWORD = 'correct horse battery';
const login = `pods_${randomBytes(6).toString('hex')}`;
const sequencer = `${login}_sequencer`;

const { migrate, application } = await readKubernetesFile();
const database = await createTestDatabase({ empty: true, roles: [login, sequencer] });
const [data, root] = [await tempFolder('audit-pods-data-'), await tempFolder('audit-pods-root-')];
const own = Object.assign(new URL(database.url), { username: login, password: 'secret' }).href;
const pods: AppProcess[] = [];

afterAll(async () => {
  for (const { child } of pods) child.kill('SIGKILL');
  const elsewhere = Object.assign(new URL(database.superuserUrl), { pathname: '/postgres' }).href;
  await runSql(elsewhere, `ALTER DATABASE ${database.name} ALLOW_CONNECTIONS true`);
  await database.drop();
});

const origin = application.env.find(({ name }) => name === 'AUDIT_LEDGER_ORIGIN')?.value ?? '';
const keyFile = freshKeyFile();
const made = await runBuilt(['keygen', origin, '--output', keyFile], { cwd: root, env: {} });
expect(made.code).toBe(0);

const secrets: Readonly<Record<string, string>> = {
  'signing-key': await readFile(keyFile, 'utf8'),
  'writer-key': TESTS_KEY,
  'metrics-token': 'a token of the tests'.replaceAll(' ', '-'),
  'admin-password': PASSWORD,
  'admin-url': database.superuserUrl,
  'database-url': own,
  'ledger-url': addressInSchema(own, 'audit'),
  'sequencer-url': Object.assign(new URL(own), { username: sequencer }).href,
};

/** Returns the variables of a container, with the secrets, and with a folder of this test for the volume. */
function buildEnvironment({ env }: Container): Readonly<Record<string, string>> {
  const pairs = env.map(({ name, value, valueFrom }) => {
    const given = value ?? secrets[valueFrom?.secretKeyRef.key ?? ''];
    if (given === undefined) throw new Error(`${name} has no value.`);
    return [name, given.replace(/^\/data(?=\/)/, data)];
  });
  return Object.fromEntries(pairs) as Record<string, string>;
}

const startPod = async (): Promise<AppProcess> => {
  const pod = await startAppProcess(root, { ...buildEnvironment(application), HOST: '127.0.0.1', PORT: '0' });
  pods.push(pod);
  return pod;
};

const getStatus = async ({ url }: AppProcess, probe: 'startupProbe' | 'readinessProbe' | 'livenessProbe') =>
  (await fetch(url + (application[probe]?.httpGet.path ?? '/no-path'))).status;

it('the pods of ops/kubernetes.yaml migrate, start, seal as one, answer their probes, and stop', async () => {
  for (const reported of ['Migrated: ', 'Nothing to do: ']) {
    const run = await runBuilt(['migrate', ...(migrate.args ?? [])], { cwd: root, env: buildEnvironment(migrate) });
    expect(run).toMatchObject({ code: 0, errors: '', output: expect.stringContaining(reported) });
  }
  await database.superuserSql(`GRANT CREATE ON SCHEMA public TO ${login}`);

  const [first, second] = [await startPod(), await startPod()];
  const admin = new ApiClient(first.url);
  expect(await admin.logIn('admin@example.com', PASSWORD)).toBe(200);
  const readRole = async ({ url }: AppProcess): Promise<string | undefined> => {
    const client = new ApiClient(url);
    client.token = admin.token;
    return /"sequencer":"(\w+)"/.exec(JSON.stringify((await client.send('GET', '/health')).body))?.[1];
  };
  await eventually(async () => (await readRole(first)) === 'leading' && (await readRole(second)) === 'standby');
  for (const pod of [first, second]) {
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
      expect([probe, await getStatus(pod, probe)]).toEqual([probe, 200]);
    }
  }
  await eventually(async () => (await readdir(data)).includes('last-checkpoint')); // the leader writes it after it has the lock
  expect(await readdir(data)).toEqual(expect.arrayContaining(['last-checkpoint', 'spill']));
  expect(await readdir(root)).toEqual([]);

  const elsewhere = Object.assign(new URL(database.superuserUrl), { pathname: '/postgres' }).href;
  await runSql(elsewhere, `ALTER DATABASE ${database.name} ALLOW_CONNECTIONS false`);
  await runSql(elsewhere, 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [database.name]);
  await eventually(async () => (await getStatus(first, 'readinessProbe')) === 503);
  expect(await getStatus(first, 'livenessProbe')).toBe(200);
  expect(await Promise.all([first, second].map((pod) => pod.end('SIGTERM')))).toEqual([0, 0]);
});
