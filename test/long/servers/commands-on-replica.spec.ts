import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { readServer, SERVER_CHECKS } from '../../../src/monitoring/operate/checks/server-checks.js';
import { runChecks } from '../../../src/monitoring/store/check.js';
import { MIGRATOR } from '../../../src/monitoring/store/ledger-roles.js';
import { useSession } from '../../../src/monitoring/store/sessions/use-session.js';
import { eventually, freshKeyFile, closeAfterTests, withClient } from '../../support/index.js';
import { addEvents, makeSequencer, makeSigner, ORIGIN } from '../../support/log-scene.js';
import { ReplicatedServers } from '../../support/replicated-servers.js';

const EVENTS = 300;
const keyFile = freshKeyFile();

const servers = await closeAfterTests(ReplicatedServers.open());
const replica = await servers.addReplica('replica');
await servers.waitForAny('replica');
const signer = await makeSigner(keyFile);
const { sequencer } = makeSequencer(servers.primary.url, signer);
await withClient(servers.primary.url, (client) => addEvents(client, EVENTS));
await sequencer.run();
await sequencer.close();
await eventually(() => servers.primary.isFollowedBy('replica'));

async function runCommand(...args: readonly string[]): Promise<unknown> {
  const env = { ...process.env, AUDIT_SIGNING_KEY_FILE: keyFile, AUDIT_LEDGER_ORIGIN: ORIGIN };
  const command = ['dist/src/cli/main.js', ...args, '--database-url', replica.url, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, command, { env });
  return JSON.parse(stdout);
}

describe('on a replica', () => {
  it('the ledger is verified', async () => {
    expect(await runCommand('verify', '--key', signer.verifierKey)).toMatchObject({
      ok: true,
      size: EVENTS,
      checked: EVENTS,
    });
  });

  it('no event is shown, since the read could not be recorded', async () => {
    await expect(runCommand('query', 'limit=20')).rejects.toMatchObject({ stdout: expect.stringContaining('primary') });
  });
});

describe('doctor', () => {
  async function commitCheck(commit: string): Promise<unknown> {
    const url = `${servers.primary.url}?options=-c%20synchronous_commit%3D${commit}`;
    const server = await useSession(url, MIGRATOR, {}, readServer);
    return (await runChecks(SERVER_CHECKS, { server })).find(({ name }) => name === 'synchronous-commit');
  }

  it.each(['on', 'remote_apply'])('finds a login fine whose synchronous_commit is %s', async (commit) => {
    expect(await commitCheck(commit)).toMatchObject({
      status: 'ok',
      message: expect.stringContaining('ANY 1 (replica)'),
    });
  });

  it.each(['local', 'remote_write', 'off'])('refuses a login whose synchronous_commit is %s', async (commit) => {
    expect(await commitCheck(commit)).toMatchObject({ status: 'error' });
  });
});
