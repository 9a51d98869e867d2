import { declareErrors, getErrorMessage } from '../../audit/nest-free.js';
import { hideSecrets } from '../../monitoring/errors/hide-secrets.js';
import type { ResolvedIngest } from './ingest-options.js';

/** No message may contain these secrets. */
export type IngestLogin = Pick<ResolvedIngest, 'password' | 'token'>;

export const jetStreamErrors = declareErrors({
  AUDIT_INGEST_UNAVAILABLE: {
    kind: 'unavailable',
    when: 'log, receipts: JetStream did not acknowledge events, or cannot be read',
    do: 'check that more than half of its servers run; the events are in the spill',
    message: (cause: unknown, { password, token }: IngestLogin = {}) => {
      const seen = hideSecrets(getErrorMessage(cause).replace(/\.$/, ''), password, token);
      return {
        fault: 'store',
        message: `Cannot work with JetStream: ${seen}. Check that more than half of its servers run and reach each other. New events wait in the spill, and accepted events wait in JetStream.`,
        cause,
      };
    },
  },
  AUDIT_INGEST_UNSAFE: {
    kind: 'invalid',
    when: 'boot, receipts: the stream would lose events, or `require` demands an `fsync` for each write, and the servers do not report it',
    do: 'change the stream, or name another one; use servers of 2.10.23 or later with `sync_interval: always`',
    message: {
      stream: (stream: string, problems: readonly string[]) => ({
        fault: 'store',
        message: `Cannot rely on the JetStream stream ${stream}: ${problems.join('; ')}. Change the stream, or set the option stream to another name; the library makes a missing stream.`,
      }),
      fsync: (problems: readonly string[]) => ({
        fault: 'store',
        message: `Cannot start with require: 'fsync': ${problems.join('; ')}. Use servers of version 2.10.23 or later with "sync_interval: always", and set the option monitoringUrls. Or remove the option require.`,
      }),
    },
  },
  AUDIT_INGEST_BLOCKED: {
    kind: 'unavailable',
    when: 'health, log: the leader cannot read the next envelope of JetStream, and seals none behind it; nothing is lost',
    do: 'follow the message; update all instances',
    message: (subject: string, sequence: number, cause: string) =>
      `Cannot store message ${sequence} of ${subject}: ${cause}. Later messages wait in JetStream, and none is lost. Correct the cause. If an instance with a newer version wrote it, update the other instances.`,
  },
  AUDIT_INGEST_LATE: {
    kind: 'unavailable',
    when: 'health: an event that JetStream accepted waits for the ledger for more than a minute',
    do: 'check that an instance with `JetStreamModule` runs as the login that seals, and read its log; see [deploying](../guides/deploy.md#put-jetstream-in-front)',
    message: (waitingSeconds: number) =>
      `Cannot store accepted events in time: an event has waited in JetStream for ${Math.round(waitingSeconds)} s. Check that an instance with JetStreamModule runs as the login that seals, and read its log.`,
  },
});
