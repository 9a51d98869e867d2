import { describe, expect, it } from '@jest/globals';
import { tmpdir } from 'node:os';
import { parseJson } from '../../src/audit/nest-free.js';
import { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { SelfCheck } from '../../src/monitoring/operate/self-check/self-check.service.js';
import { MAIN_ADAPTERS, kept, onEach, runCommand, settled } from '../support/index.js';
import { AuthScene } from '../support/auth-scene.js';

/** Names of details that JSON escapes, each behind one of the same place that it does not: so Node 24 and 26 misread them. */
const SEARCHES = ['details.!=1&details.%5C=1', 'details.!=1&details.%22=1'];
const ASKED = [
  { '!': '1', '\\': '1' },
  { '!': '1', '"': '1' },
];

interface ShownSearch {
  readonly details: { readonly filters: { readonly details?: object } };
}

const scenes = await onEach(MAIN_ADAPTERS, async (adapter) => {
  const scene = await kept(AuthScene.open({ HTTP_ADAPTER: adapter }));
  const admin = await scene.admin();
  const { client } = await scene.person();
  for (const search of SEARCHES) {
    const { status } = await client.send('GET', `/audit/events?${search}`);
    expect(status).toBe(200);
  }
  await settled(scene.database);
  return { scene, admin };
});

describe.each(scenes)('searches for details whose names JSON escapes, on $adapter', ({ scene, admin }) => {
  it('are events that the API shows with these names', async () => {
    const response = await fetch(`${scene.app.url}/audit/events?type=audit_log_viewed&order=asc`, {
      headers: { authorization: `Bearer ${String(admin.token)}` },
    });
    expect(response.status).toBe(200);
    const { items } = parseJson(await response.text()) as { readonly items: readonly ShownSearch[] };
    expect(items.map(({ details }) => details.filters.details)).toEqual(ASKED);
  });

  it('leave a ledger that verify, the self-check and /health find sound', async () => {
    const [key = ''] = scene.app.app.get(CheckpointSigner).verifierKeys;
    expect(await verify(scene.database.url, key)).toEqual({ code: 0, verdict: 'sound', findings: [] });

    const selfCheck = scene.app.app.get(SelfCheck);
    const { runs } = selfCheck.status;
    await selfCheck.run();
    expect(selfCheck.status).toMatchObject({ findings: [], failedRuns: 0 });
    expect(selfCheck.status.runs).toBeGreaterThan(runs);
    expect(selfCheck.violation).toBeUndefined();

    const health = await admin.send('GET', '/health');
    expect(health).toMatchObject({ status: 200, body: { details: { audit: { state: 'sound', reasons: [] } } } });
  });
});

async function verify(databaseUrl: string, key: string): Promise<{ code: number; verdict: string; findings: unknown }> {
  const args = ['verify', '--database-url', databaseUrl, '--key', key, '--json'];
  const { code, output } = await runCommand(args, { cwd: tmpdir(), env: {} });
  const { verdict, findings } = JSON.parse(output) as { readonly verdict: string; readonly findings: unknown };
  return { code, verdict, findings };
}
