import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { command } from '../../src/cli/verify/verify.command.js';
import type { CopyVerification } from '../../src/extensions/streams/copy/verify-copy.js';
import { runSql } from './sql.js';
import { tempFolder } from './temp-folder.js';
import type { ReceivedBatch } from './webhook-receiver.js';

export interface VerifiedCopy extends CopyVerification {
  readonly exitCode: number;
}

/** Runs `verify` with the keys of the ledger at this address. */
export async function verifyCopyAt(url: string, path: string, ...args: readonly string[]): Promise<VerifiedCopy> {
  const keys = await runSql(url, 'SELECT verifier_key FROM audit_signing_key');
  const given = keys.flatMap(({ verifier_key: key }) => ['--key', String(key)]);
  const { exitCode, output = '' } = await command.run([path, ...given, ...args, '--json'], {});
  const said = JSON.parse(output) as CopyVerification & { readonly error?: { readonly message: string } };
  if (said.error) throw new Error(said.error.message);
  return { ...said, exitCode };
}

export async function expectReceivedSound(
  url: string,
  stream: string,
  received: readonly ReceivedBatch[],
): Promise<VerifiedCopy> {
  const folder = await tempFolder('audit-bodies-');
  try {
    await writeBodies(folder, received);
    const found = await verifyCopyAt(url, folder);
    expect(found).toMatchObject({ verdict: 'sound', stream, findings: [], exitCode: 0 });
    return found;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeBodies(folder: string, received: readonly ReceivedBatch[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const closeAfterTests = received.filter(({ status = 0 }) => status >= 200 && status < 300);
  await Promise.all(
    closeAfterTests.map(({ body }, nth) => writeFile(join(folder, `${String(nth).padStart(6, '0')}.json`), body)),
  );
}
