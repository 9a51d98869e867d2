import { describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AuditEvent } from '../../src/audit/index.js';
import { canonicalJson } from '../../src/audit/nest-free.js';
import { hashLeaf } from '../../src/monitoring/proof/log/merkle/hashes.js';
import { joinPersonal, type PersonalPart } from '../../src/monitoring/proof/sealing/personal-part.js';
import {
  commitPersonal,
  encodeEntry,
  sealFacts,
  type SealedEvent,
} from '../../src/monitoring/proof/sealing/seal-event.js';
import { integrityVectors } from '../support/integrity-vectors.js';

const FOLDER = 'test/vectors';
const VECTORS = integrityVectors();

/** Ledgers contain such leaves, so this file must never change. */
const OLD_EVENTS = 'sealed-events-1.json';

interface OldEvent {
  readonly event: AuditEvent;
  readonly salt: string;
  readonly personal: PersonalPart | null;
  readonly commitment: string | null;
  readonly entry: string;
  readonly leafHash: string;
}

/** Ledgers are sealed with these bytes: a change here invalidates every existing proof. */
describe('the golden vectors', () => {
  it.each(Object.keys(VECTORS))('%s is what the arithmetic gives', async (name) => {
    const kept: unknown = JSON.parse(await readFile(join(FOLDER, name), 'utf8'));
    expect(JSON.parse(JSON.stringify(VECTORS[name]))).toEqual(kept);
  });

  it('are all compared', async () => {
    const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.json'));
    expect(files.sort()).toEqual([...Object.keys(VECTORS), OLD_EVENTS].sort());
  });

  it('of events of schema version 1, which sealed other texts as facts, are verified as they were', async () => {
    const vectors = JSON.parse(await readFile(join(FOLDER, OLD_EVENTS), 'utf8')) as readonly OldEvent[];
    expect(vectors).toHaveLength(3);
    for (const { event, salt, personal, commitment, entry, leafHash } of vectors) {
      const { personal: sealed, ...facts } = JSON.parse(entry) as SealedEvent;
      expect([event.schemaVersion, facts.schemaVersion]).toEqual([1, 1]);
      expect(canonicalJson(joinPersonal(facts, personal ?? {}))).toBe(canonicalJson(event));
      expect(sealed ?? null).toBe(personal && commitPersonal(personal, Buffer.from(salt, 'hex')));
      expect(sealed ?? null).toBe(commitment);
      expect(encodeEntry(sealFacts(facts, sealed)).toString()).toBe(Buffer.from(entry).toString());
      expect(Buffer.from(hashLeaf(Buffer.from(entry))).toString('hex')).toBe(leafHash);
    }
  });
});
