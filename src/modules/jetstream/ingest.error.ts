import { AuditError, errorMessage } from '../../audit/plain.js';
import { hideSecrets } from '../monitoring/errors/hide-secrets.js';
import type { ResolvedIngest } from './ingest-options.js';

/** The secrets of the connection, which only JetStream may see. */
type IngestLogin = Pick<ResolvedIngest, 'password' | 'token'>;

/** JetStream does not accept or return events. */
export class IngestUnavailableError extends AuditError {
  readonly code = 'AUDIT_INGEST_UNAVAILABLE';
  /** Tells the delivery that no event caused it. */
  readonly fault = 'store';

  static create(cause: unknown, { password, token }: IngestLogin = {}): IngestUnavailableError {
    const seen = hideSecrets(errorMessage(cause).replace(/\.$/, ''), password, token);
    return new IngestUnavailableError(
      `Cannot work with JetStream: ${seen}. Check that more than half of its servers run and reach each other. New events wait in the spill, and accepted ones in JetStream.`,
      { cause },
    );
  }

  /**
   * Awaits work with JetStream, whose errors may echo the login.
   *
   * @throws IngestUnavailableError (`AUDIT_INGEST_UNAVAILABLE`); errors of the library stay unchanged
   */
  static async during<Result>(work: Promise<Result>, login: IngestLogin = {}): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      throw error instanceof AuditError ? error : IngestUnavailableError.create(error, login);
    }
  }
}

/** The servers, or the stream, promise less than the options demand. */
export class IngestUnsafeError extends AuditError {
  readonly code = 'AUDIT_INGEST_UNSAFE';
  /** Tells the delivery that no event caused it. */
  readonly fault = 'store';

  static stream(stream: string, problems: readonly string[]): IngestUnsafeError {
    return new IngestUnsafeError(
      `Cannot rely on the JetStream stream ${stream}: ${problems.join('; ')}. Change the stream, or name another one in the option stream, which is then made.`,
    );
  }

  static fsync(problems: readonly string[]): IngestUnsafeError {
    return new IngestUnsafeError(
      `Cannot rely on the disks of JetStream, as require: 'fsync' asks: ${problems.join('; ')}. Use servers of 2.10.23 or later with "sync_interval: always" and name their monitoring ports by the option monitoringUrls, or remove the option require.`,
    );
  }
}

/** The worker cannot store the next envelope, and so none after it. */
export class IngestBlockedError extends AuditError {
  readonly code = 'AUDIT_INGEST_BLOCKED';

  static at(subject: string, sequence: number, seen: string): IngestBlockedError {
    return new IngestBlockedError(
      `Cannot store what JetStream has at ${sequence} of ${subject}: ${seen}. Nothing behind it is stored, and nothing is lost. Correct the cause; a newer version of the application needs a worker that is as new.`,
    );
  }
}

/** Bytes are not a whole envelope of any version; the message gives the reason. The worker parks them. */
export class NotAnEnvelopeError extends Error {}

/** Events that JetStream accepted wait too long for the ledger. */
export class IngestLateError extends AuditError {
  readonly code = 'AUDIT_INGEST_LATE';

  constructor(waitingSeconds: number) {
    super(
      `Cannot store accepted events in time: one waits in JetStream for ${Math.round(waitingSeconds)} s. Check that a worker runs ("nestjs-audit-ledger worker", or the option worker), and read its log.`,
    );
  }
}

/** Another worker stores the messages of JetStream. */
export class IngestTakenOverError extends AuditError {
  readonly code = 'AUDIT_INGEST_TAKEN_OVER';

  constructor(subject: string) {
    super(
      `Cannot store what JetStream has on ${subject}: another worker took over. Nothing to do: it stores what this one did not.`,
    );
  }
}
