import { beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../../../src/rooms/report/commands/report.command.js';
import { eventually, kept, makeSequencer, makeSigner, runSql, tempFolder } from '../../support/index.js';
import { makeGoodLedger } from '../../support/report-scene.js';

let folder: string;

const signer = await makeSigner();
const good = await kept(makeGoodLedger(signer));
const [row] = await runSql(good.url, 'SELECT max(size)::text AS size FROM audit_checkpoint');
const size = String(row?.size);
beforeEach(async () => {
  folder = await tempFolder('audit-report-');
});

async function makeFile(name: string): Promise<string> {
  const path = join(folder, name);
  const asked = ['--framework', 'soc2', '--from', '2026-01-10', '--mark', size, '--database-url', good.url];
  expect(await command.run([...asked, '--output', path], {})).toMatchObject({
    ...{ exitCode: 0, output: expect.stringMatching(/: SOC 2.*, \d+ events of .*: not met \d+, cannot tell \d+/) },
  });
  return readFile(path, 'utf8');
}

describe('the file of a report', () => {
  it.each(['json', 'html'])(
    'is the same, byte for byte, when it is made twice of the same checkpoint: %s',
    async (form) => {
      let nth = 0;
      // Logins belong to the whole server, and a report names them: logins of other specs come and go.
      const made = await eventually(async () => {
        const [one, other] = [await makeFile(`${++nth}-one.${form}`), await makeFile(`${nth}-other.${form}`)];
        return one === other && one;
      });
      expect(made).toMatch(form === 'json' ? /^{\n {2}"format": "nestjs-audit-ledger\/report@v1"/ : /^<!doctype html>/);
    },
  );

  it('is recorded as an export of the log, with its SHA-256', async () => {
    const written = await makeFile('report.json');
    const { sequencer } = makeSequencer(good.url, signer);
    await sequencer.run();
    await sequencer.close();
    const [row] = await runSql(
      good.superuserUrl,
      `SELECT actor_type, resource_type, resource_id, details->>'sha256' AS sha256
         FROM audit_event WHERE type = 'audit_log_exported' ORDER BY id DESC LIMIT 1`,
    );
    const sha256 = createHash('sha256').update(written).digest('hex');
    expect(row).toEqual({ actor_type: 'admin', resource_type: 'audit_report', resource_id: 'soc2', sha256 });
  });

  it('is not replaced without --force', async () => {
    await makeFile('report.json');
    const path = join(folder, 'report.json');
    const { exitCode, errors } = await command.run(
      ['--framework', 'soc2', '--output', path, '--database-url', good.url],
      {},
    );
    expect([exitCode, errors]).toEqual([2, expect.stringContaining('exists already')]);
  });
});
