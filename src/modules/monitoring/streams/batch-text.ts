import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../audit/plain.js';
import type { StreamBatch } from './stream-destination.js';

const TEXTS = new WeakMap<StreamBatch, string>();

/** The canonical JSON (RFC 8785) of a batch: what its hash is of. Computed once a batch. */
export function batchText(batch: StreamBatch): string {
  const text = TEXTS.get(batch) ?? canonicalJson(batch);
  TEXTS.set(batch, text);
  return text;
}

/** SHA-256 of {@link batchText}, base64: what the next batch names as `previousHash`. */
export function hashBatch(batch: StreamBatch): string {
  return createHash('sha256').update(batchText(batch)).digest('base64');
}
