import type { INestApplication } from '@nestjs/common';
import { startLedgerApp } from './ledger-app.js';
import { ORIGIN } from './log-scene.js';
import type { ReplicatedServer } from './replicated-servers.js';
import { tempFolder } from './temp-folder.js';

export async function startReplicatedApp(
  { url }: Pick<ReplicatedServer, 'url'>,
  signingKeyFile: string,
  recording: { readonly providerTimeoutMs?: number } = {},
): Promise<INestApplication> {
  const audit = { spillDir: await tempFolder('audit-spill-'), ...recording };
  return (await startLedgerApp(url, { audit, monitoring: { signingKeyFile, origin: ORIGIN } })).app;
}
