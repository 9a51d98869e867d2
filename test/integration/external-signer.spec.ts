import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type CheckpointMemory, type LedgerSigner, type MonitoringOptions } from '../../src/monitoring/index.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { addEvents, ApiClient, eventually, freshKeyFile, settled, withClient } from '../support/index.js';
import type { ListeningApp } from '../support/http-app.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { withTiming } from '../support/with-timing.js';

let database: TestDatabase;

beforeEach(async () => void (database = await createTestDatabase()));
afterEach(async () => database.drop());

/** Stands for a KMS: a key that the application cannot read, and answers that take a moment. */
class KeyService implements LedgerSigner {
  answer: (bytes: Uint8Array) => Promise<Uint8Array>;
  longest = 0;
  readonly publicKey: string;
  private readonly key: KeyObject;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    this.publicKey = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    this.key = privateKey;
    this.answer = this.signRightly;
  }

  readonly sign = async (bytes: Uint8Array): Promise<Uint8Array> => {
    this.longest = Math.max(this.longest, bytes.length);
    return this.answer(bytes);
  };

  readonly signRightly = async (bytes: Uint8Array): Promise<Uint8Array> => {
    await setTimeout(2);
    return sign(null, bytes, this.key);
  };
}

function memory(): CheckpointMemory {
  let stored: string | undefined;
  return { read: () => Promise.resolve(stored), write: (text) => Promise.resolve(void (stored = text)) };
}

async function start(monitoring: Partial<MonitoringOptions>): Promise<ListeningApp> {
  return startLedgerApp(database.url, { monitoring: { signingKeyFile: undefined, ...monitoring } });
}

async function addFive(): Promise<void> {
  await withClient(database.url, (client) => addEvents(client, 5));
}

async function checkpointPart({ url }: ListeningApp): Promise<{ readonly status: string; readonly message: string }> {
  const { body } = await new ApiClient(url).send<{
    parts: readonly { readonly name: string; readonly status: string; readonly message: string }[];
  }>('GET', '/audit/state');
  const part = body.parts.find(({ name }) => name === 'checkpoint');
  return part ?? { status: 'absent', message: '' };
}

describe('a ledger whose signer is a key service', () => {
  it('seals and signs acts without a key file, and its verifier key verifies all of it', async () => {
    const service = new KeyService();
    const instance = await start({ signer: service, checkpointMemory: memory() });
    try {
      await addFive();
      const { status } = await new ApiClient(instance.url).send('POST', '/audit/holds', {
        reason: 'lawsuit',
        tenantId: 'acme',
      });
      expect(status).toBe(201);
      await settled(database);
      expect(await checkpointPart(instance)).toMatchObject({ status: 'ok' });
      const verifierKeys = instance.app.get(CheckpointSigner).verifierKeys;
      const verified = await verifyLedger({ database: database.url, verifierKeys });
      expect(verified).toMatchObject({ verdict: 'sound', findings: [] });
      expect(verified.size).toBeGreaterThanOrEqual(6);
      expect(service.longest).toBeLessThanOrEqual(4_096);
    } finally {
      await instance.app.close();
    }
  });

  it('takes over from a key file: both sign, then the key service alone, and the old key still verifies', async () => {
    const [service, signingKeyFile, checkpointMemory] = [new KeyService(), freshKeyFile(), memory()];
    let oldKey = '';
    for (const options of [
      () => ({ signingKeyFile }),
      () => ({ signingKeyFile, signer: service }),
      () => ({ signingKey: oldKey, signer: service }),
    ]) {
      const instance = await start({ ...options(), checkpointMemory });
      oldKey ||= instance.app.get(CheckpointSigner).verifierKey;
      await addFive();
      await settled(database);
      expect(await checkpointPart(instance)).toMatchObject({ status: 'ok' });
      await instance.app.close();
    }
    const verified = await verifyLedger({ database: database.url, verifierKeys: [oldKey] });
    expect(verified).toMatchObject({ verdict: 'sound', findings: [] });
  });

  it('does not start with a public key of another algorithm', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const signer = { publicKey: publicKey.export({ type: 'spki', format: 'der' }), sign: new KeyService().sign };
    const made = new CheckpointSigner({
      ...{ signingKeyFile: '', signingKey: '', origin: 'log.example/ledger' },
      ...{ signers: [signer], checkpointMemory: memory() },
    });
    await expect(made.onModuleInit()).rejects.toMatchObject({
      code: 'AUDIT_SIGNING_KEY_INVALID',
      message: expect.stringContaining('is of type ec, not Ed25519'),
    });
  });
});

describe('a key service that fails', () => {
  withTiming({ signerMs: 2_000 });

  const FAILURES: readonly (readonly [(service: KeyService) => KeyService['answer'], RegExp])[] = [
    [
      () => () => {
        throw new Error('AccessDeniedException');
      },
      /AccessDeniedException/,
    ],
    [() => () => new Promise(() => undefined), /did not answer within 2000 ms/],
    [() => () => Promise.resolve(Buffer.alloc(32)), /its answer, 32 bytes, is not/],
    [() => () => Promise.resolve('vault:v1:…' as never), /its answer, a value of type string, is/],
    [() => new KeyService().signRightly, /its answer, 64 bytes, is not the Ed25519 signature/],
    [
      (service) => async (bytes) => service.signRightly(bytes.slice(1)),
      /its answer, 64 bytes, is not the Ed25519 signature/,
    ],
  ];

  it('is named in the health, whatever it answers, and loses nothing', async () => {
    const service = new KeyService();
    const instance = await start({ signer: service, checkpointMemory: memory() });
    const client = new ApiClient(instance.url);
    try {
      for (const [respond, seen] of FAILURES) {
        service.answer = respond(service);
        await addFive();
        const message = await eventually(async () => {
          const part = await checkpointPart(instance);
          return part.status === 'error' && seen.test(part.message) && part.message;
        });
        expect(message).toMatch(/^Cannot sign with the key nestjs-audit-ledger\.local\/ledger\+/);
        const { status, body } = await client.send('POST', '/audit/holds', { reason: 'lawsuit', tenantId: 'acme' });
        expect([status, body]).toMatchObject([503, { code: 'AUDIT_SIGNING_FAILED' }]);
      }
      expect(await database.sql('SELECT FROM audit_checkpoint')).toEqual([]);
      service.answer = service.signRightly;
      await settled(database);
      await eventually(async () => (await checkpointPart(instance)).status === 'ok');
      const { verifierKeys } = instance.app.get(CheckpointSigner);
      expect(await verifyLedger({ database: database.url, verifierKeys })).toMatchObject({
        ...{ verdict: 'sound', findings: [] },
      });
    } finally {
      await instance.app.close();
    }
  });
});
