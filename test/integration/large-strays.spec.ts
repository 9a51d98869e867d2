import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { addEvents, freshKeyFile, makeSequencer, makeSigner, testDatabase, withClient } from '../support/index.js';

const ROWS = 250;
/** The trigger lets a row have at most 1 MiB. */
const LARGE = `
  INSERT INTO audit_event (id, schema_version, occurred_at, type, action, outcome, category, severity, actor_type, reason, details, metadata,
                           truncated, leaf_hash)
  SELECT audit_event_first_id(now() + make_interval(secs => nth / 1000.0)), 2, now(), 'x', 'x', 'success', 'system', 'info', 'system',
         repeat('y', 524000), json_build_object('a', repeat('x', 524000)), '{}', false, sha256('x') FROM generate_series(1, ${ROWS}) AS nth`;

const database = await testDatabase();

it('names each of many large events that got no place, in little memory', async () => {
  const signer = await makeSigner();
  const { sequencer } = makeSequencer(database.url, signer);
  await withClient(database.url, (client) => addEvents(client, 3));
  await sequencer.run();
  await sequencer.close();
  await database.superuserSql(LARGE);
  const keyFile = freshKeyFile();
  await writeFile(keyFile, signer.verifierKey);
  const args = ['dist/src/cli/main.js', 'verify', '--json', '--database-url', database.url, '--key', keyFile];
  const { status, stdout } = spawnSync(process.execPath, ['--max-old-space-size=128', ...args], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'tampered', totalFindings: ROWS });
});
