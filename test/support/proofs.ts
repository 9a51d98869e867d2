import { expect } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import type { Erasure } from '../../src/monitoring/index.js';
import { verifyProof } from '../../src/monitoring/proof/log/notes/tlog-proof.js';
import { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { LogReader } from '../../src/monitoring/store/log-reading/log-reader.service.js';
import type { ApiClient } from './api-client.js';
import { eventually } from './eventually.js';

/** Waits until the event is sealed, and resolves with its proof. */
export async function readProof(client: ApiClient, id: string): Promise<string> {
  return eventually(async () => {
    const { status, body } = await client.send<{ proof: string }>('GET', `/audit/events/${id}/proof`);
    return status === 200 && body.proof;
  });
}

/** The entry of the log and the key alone prove it. */
export async function expectProven(app: INestApplicationContext, proof: string): Promise<void> {
  const index = Number(/^index (\d+)$/m.exec(proof)?.[1]);
  const entries = await app.get(LogReader, { strict: false }).findEntries(0, index + 1);
  const { trust } = app.get(CheckpointSigner, { strict: false });
  expect(verifyProof(proof, entries?.[index] ?? new Uint8Array(), trust).index).toBe(index);
}

export async function erased(client: ApiClient, id: unknown): Promise<Erasure> {
  return eventually(async () => {
    const { body } = await client.send<Erasure>('GET', `/audit/erasures/${String(id)}`);
    return body.state === 'done' && body;
  });
}
