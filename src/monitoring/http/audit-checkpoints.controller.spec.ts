import { expect, it } from '@jest/globals';
import type { LogReader } from '../store/log-reading/log-reader.service.js';
import type { CheckpointSigner } from '../proof/signing/checkpoint-signer.service.js';
import type { AccessOptions } from '../read/access/ledger-access.js';
import { AuditCheckpointsController } from './audit-checkpoints.controller.js';

function controllerOfGrowingLedger(): AuditCheckpointsController {
  let size = 0;
  const newest = (): Promise<{ size: number; note: string }> => Promise.resolve({ size: (size += 1), note: '' });
  const log = { newestCheckpoint: newest, servedCheckpoint: newest } as unknown as LogReader; // the only members that are called
  return new AuditCheckpointsController(log, {} as CheckpointSigner, {} as AccessOptions);
}

it('GET /audit/consistency proves the shown checkpoint while the ledger grows between its two reads', async () => {
  await expect(controllerOfGrowingLedger().consistency({ from: 0 })).resolves.toMatchObject({ from: 0, to: 1 });
});
