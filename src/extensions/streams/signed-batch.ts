import { createHash } from 'node:crypto';
import { canonicalJson } from '../../audit/nest-free.js';
import { undefinedIfRejected } from '../../monitoring/errors/undefined-if-rejected.js';
import type { CheckpointTrust } from '../../monitoring/proof/log/notes/checkpoint.js';
import { formatStatement, readStatement, type StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import type { StreamBatch, StreamedEvent } from './stream-destination.js';

const KIND = 'stream-batch';

/** Signs that the ledger made a batch. @param hash see {@link hashBatch} */
export function signBatch(stream: string, hash: string, { signText, trust }: StatementSigner): Promise<string> {
  return signText(formatStatement(KIND, trust.origin, { stream, sha256: hash }));
}

/** Returns whether a key of the log signed this batch, and nobody changed the batch. Never throws. */
export function isBatchSigned(batch: StreamBatch, trust: CheckpointTrust): boolean {
  const { note = '', ...signed } = batch;
  const stated = undefinedIfRejected(() => readStatement(note, KIND, trust));
  const { stream, sha256 } = Object(stated) as { readonly stream?: unknown; readonly sha256?: unknown };
  return stream === batch.stream && sha256 === undefinedIfRejected(() => hashBatch(canonicalJson(signed)));
}

/** Returns the SHA-256 of a batch without its note, base64. The next batch has this hash as `previousHash`. @param text canonical JSON (RFC 8785) */
export function hashBatch(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

const EVENTS = new WeakMap<StreamedEvent, string>();

const NO_EVENTS = '"events":[]';

/** Returns the canonical JSON (RFC 8785) of an event, computed once. */
export function formatEvent(event: StreamedEvent): string {
  const text = EVENTS.get(event) ?? canonicalJson(event);
  EVENTS.set(event, text);
  return text;
}

/** Returns the canonical JSON (RFC 8785) of a batch. */
export function formatBatch(batch: Omit<StreamBatch, 'note'>): string {
  // The text of the empty list occurs only once: inside a JSON string, its quotes would be escaped.
  const frame = canonicalJson({ ...batch, events: [] });
  const at = frame.indexOf(NO_EVENTS) + NO_EVENTS.length - 1;
  return `${frame.slice(0, at)}${batch.events.map(formatEvent).join(',')}${frame.slice(at)}`;
}
