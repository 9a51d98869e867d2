import { declareErrors } from '../../base/errors/declare-errors.js';

/** The errors of consumers of the sealed log. */
export const consumerErrors = declareErrors({
  AUDIT_CONSUMER_INVALID: {
    kind: 'invalid',
    when: 'boot: a class marked `@LogConsumer` is request-scoped, has no `handle()`, an invalid name, or the name of another consumer',
    do: 'follow the message',
    message: {
      requestScoped: (className: string) =>
        `Cannot register the consumer ${className}: it is request-scoped or transient, so no single instance can receive the events. Make the provider, and everything that it injects, a singleton.`,
      withoutHandle: (className: string) =>
        `Cannot register the consumer ${className}: it has no method handle(). Implement the interface LogConsumer.`,
      badName: (className: string, name: unknown) =>
        `Cannot register the consumer ${className}: ${JSON.stringify(name)} is not a name. Use 1 to 63 lower-case letters, digits and hyphens, a letter first.`,
      duplicate: (name: string) =>
        `Cannot register the consumer ${name}: another consumer of the application has this name. Give one of them another name.`,
    },
  },
  AUDIT_CONSUMER_CONTRADICTED: {
    kind: 'inconsistent',
    when: 'health, log: somebody changed or removed the row of a consumer in the database, or the ledger was restored or adopted; the consumer handles nothing',
    do: 'find out who changed it, and restore the row from a backup, or run `nestjs-audit-ledger consumers resume <name> --from <index>`',
    message: (name: string, cause: string) =>
      `Cannot continue the consumer ${name}: ${cause}. Nothing is handled. Restore the row from a backup, or run "nestjs-audit-ledger consumers resume ${name} --from <index>" with the sequence number of an event that was surely handled.`,
  },
  AUDIT_NOT_FOUND: {
    kind: 'missing',
    status: 404,
    when: 'no consumer has that name',
    do: 'list what there is',
    message: (name: string) =>
      `Cannot find the consumer ${name}: no consumer of the ledger has this name. Run "nestjs-audit-ledger consumers list".`,
  },
  AUDIT_REQUEST_INVALID: {
    kind: 'invalid',
    status: 400,
    when: 'routes and commands of consumers: the range of a replay is wrong',
    do: 'follow the message; nothing was changed',
    message: (problem: string) => `Cannot replay: ${problem}. Correct this, and try again.`,
  },
  AUDIT_CONSUMER_FAILING: {
    kind: 'unavailable',
    when: 'health: five or more attempts of a consumer failed in a row, an event waits for it longer than five minutes, or it refuses all further events',
    do: 'follow the message; see [consumers](../guides/recording.md#how-do-i-get-every-event-in-order)',
    message: {
      attempts: (name: string, failures: number, cause: string) =>
        `Cannot continue the consumer ${name}: ${failures} attempts failed in a row, the last: ${cause}. It retries, and its events wait. Correct the cause.`,
      gone: (name: string, cause: string) =>
        `Cannot continue the consumer ${name}: it refuses further events (${cause}). It is paused, and retention does not wait for it. Correct the cause, then run "nestjs-audit-ledger consumers resume ${name}".`,
      late: (name: string, seconds: number) =>
        `Cannot keep the consumer ${name} up to date: its lag is ${Math.round(seconds)} s. Check that a process with this consumer and the role worker or both runs, and read its log. If nobody needs the consumer, run "nestjs-audit-ledger consumers pause ${name}".`,
    },
  },
  AUDIT_CONSUMER_PARKED: {
    kind: 'refused',
    when: 'health: a consumer refused events, which are parked',
    do: 'run `nestjs-audit-ledger consumers parked`, then `consumers retry` or `consumers drop`',
    message: (name: string, events: number) =>
      `Cannot handle ${events} ${events === 1 ? 'event' : 'events'} of the consumer ${name}: it refused them. "nestjs-audit-ledger consumers parked ${name}" shows why. Correct the cause, then run "nestjs-audit-ledger consumers retry ${name}", or drop them.`,
  },
});
