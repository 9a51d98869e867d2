import { AuditError, errorMessage } from '../../audit/plain.js';
import { hideSecrets } from '../../monitoring/errors/hide-secrets.js';
import type { ResolvedIngest } from './ingest-options.js';

/** No message may contain these secrets. */
type IngestLogin = Pick<ResolvedIngest, 'password' | 'token'>;

/** JetStream cannot accept or return events now. */
export class IngestUnavailableError extends AuditError {
  readonly code = 'AUDIT_INGEST_UNAVAILABLE';
  /** The failure concerns the store, not an event, so the delivery spills events and retries. */
  readonly fault = 'store';

  static create(cause: unknown, { password, token }: IngestLogin = {}): IngestUnavailableError {
    const seen = hideSecrets(errorMessage(cause).replace(/\.$/, ''), password, token);
    return new IngestUnavailableError(
      `Cannot work with JetStream: ${seen}. Check that more than half of its servers run and reach each other. New events wait in the spill, and accepted events wait in JetStream.`,
      { cause },
    );
  }

  /**
   * Waits for a call to JetStream, and removes secrets from the errors of the NATS client.
   *
   * @throws IngestUnavailableError (`AUDIT_INGEST_UNAVAILABLE`) for errors of the NATS client. An error of this library is thrown
   *   unchanged.
   */
  static async during<Result>(work: Promise<Result>, login: IngestLogin = {}): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      throw error instanceof AuditError ? error : IngestUnavailableError.create(error, login);
    }
  }
}

/** The stream or a server does not meet the options. */
export class IngestUnsafeError extends AuditError {
  readonly code = 'AUDIT_INGEST_UNSAFE';
  /** The failure concerns the store, not an event, so the delivery spills events and retries. */
  readonly fault = 'store';

  static stream(stream: string, problems: readonly string[]): IngestUnsafeError {
    return new IngestUnsafeError(
      `Cannot rely on the JetStream stream ${stream}: ${problems.join('; ')}. Change the stream, or set the option stream to another name; the library makes a missing stream.`,
    );
  }

  static fsync(problems: readonly string[]): IngestUnsafeError {
    return new IngestUnsafeError(
      `Cannot start with require: 'fsync': ${problems.join('; ')}. Use servers of version 2.10.23 or later with "sync_interval: always", and set the option monitoringUrls. Or remove the option require.`,
    );
  }
}

/** The leader cannot store the next envelope, so it stores no later envelope either. */
export class IngestBlockedError extends AuditError {
  readonly code = 'AUDIT_INGEST_BLOCKED';

  static at(subject: string, sequence: number, seen: string): IngestBlockedError {
    return new IngestBlockedError(
      `Cannot store message ${sequence} of ${subject}: ${seen}. Later messages wait in JetStream, and none is lost. Correct the cause. If an instance with a newer version wrote it, update the other instances.`,
    );
  }
}

/** Bytes that are not a complete envelope of any version. The error's message gives the reason. The leader parks the bytes. */
export class NotAnEnvelopeError extends Error {}

/** An event that JetStream accepted waits too long for the ledger. */
export class IngestLateError extends AuditError {
  readonly code = 'AUDIT_INGEST_LATE';

  constructor(waitingSeconds: number) {
    super(
      `Cannot store accepted events in time: an event has waited in JetStream for ${Math.round(waitingSeconds)} s. Check that an instance with JetStreamModule runs as the login that seals, and read its log.`,
    );
  }
}
