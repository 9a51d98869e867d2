import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { command } from '../../src/cli/streams-reconcile.command.js';
import type { StreamReconciliation } from '../../src/modules/streams/reconcile/reconcile-stream.js';
import type { ReceivedBatch } from './webhook-receiver.js';
import { tempFolder } from './temp-folder.js';

export interface ReconciledCopy extends StreamReconciliation {
  readonly exitCode: number;
}

export async function reconcileCopy(url: string, ...args: readonly string[]): Promise<ReconciledCopy> {
  const connection = args.includes('--offline') ? [] : ['--database-url', url];
  const { exitCode, output = '' } = await command.run([...args, ...connection, '--json'], {});
  const said = JSON.parse(output) as StreamReconciliation & { readonly error?: { readonly message: string } };
  if (said.error) throw new Error(said.error.message);
  return { ...said, exitCode };
}

export async function expectReceivedProven(
  url: string,
  stream: string,
  received: readonly ReceivedBatch[],
): Promise<ReconciledCopy> {
  const folder = await tempFolder('audit-bodies-');
  try {
    await writeBodies(folder, received);
    const found = await reconcileCopy(url, '--stream', stream, '--received', folder);
    expect(found).toMatchObject({ verdict: 'proven', findings: [], exitCode: 0 });
    return found;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeBodies(folder: string, received: readonly ReceivedBatch[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const kept = received.filter(({ status = 0 }) => status >= 200 && status < 300);
  await Promise.all(kept.map(({ body }, nth) => writeFile(join(folder, `${String(nth).padStart(6, '0')}.json`), body)));
}
