import { AuditError } from '../../audit/nest-free.js';
import { jetStreamErrors, type IngestLogin } from './jetstream.errors.js';

/** Bytes that are not a complete envelope of any version. The error's message gives the reason. The leader parks the bytes. */
export class NotAnEnvelopeError extends Error {}

/**
 * Waits for a call to JetStream, and removes secrets from the errors of the NATS client.
 *
 * @throws `AUDIT_INGEST_UNAVAILABLE` for errors of the NATS client. An error of this library is thrown unchanged.
 */
export async function explainIngestErrors<Result>(work: Promise<Result>, login: IngestLogin = {}): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof AuditError ? error : jetStreamErrors.AUDIT_INGEST_UNAVAILABLE(error, login);
  }
}
