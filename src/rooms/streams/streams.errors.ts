import { declareErrors } from '../../audit/nest-free.js';

export const streamsErrors = declareErrors({
  AUDIT_STREAM_TAKEN_OVER: {
    kind: 'refused',
    when: 'log: another instance leads the streams',
    do: 'nothing: it sends the unacknowledged batches',
    message: (stream: string) =>
      `Cannot advance the stream ${stream}: another instance sends it now. You need not do anything: that instance sends the batches that are not acknowledged.`,
  },
  AUDIT_STREAM_CONTRADICTED: {
    kind: 'inconsistent',
    status: 409,
    when: "health, log, HTTP 409: a stream's row contradicts the signed acts; the stream is not sent",
    do: 'restore the row from a backup, or run `nestjs-audit-ledger streams resume <name> --from <index>`; otherwise, remove the stream, which then begins again if the options have it',
    message: (stream: string, seen: string) =>
      `Cannot resume the stream ${stream}: its row contradicts the signed acts (${seen}). Nothing is sent. Restore the row from a backup, or run "nestjs-audit-ledger streams resume ${stream} --from <index>" with the sequence number of an event that the destination has. Otherwise, run "nestjs-audit-ledger streams remove ${stream}": if the options have the stream, it begins again.`,
  },
  AUDIT_STREAM_FAILING: {
    kind: 'unavailable',
    when: 'health: five or more attempts of a stream failed in a row, an event waits for it longer than five minutes, or its destination answered 410, which pauses the stream',
    do: 'follow the message; see [streams](../guides/streams.md)',
    message: {
      attempts: (stream: string, failures: number, seen: string) =>
        `Cannot send the stream ${stream}: ${failures} attempts failed in a row, the last: ${seen}. The stream retries, and its events wait. Correct the destination or the options of the stream.`,
      gone: (stream: string, seen: string) =>
        `Cannot send the stream ${stream}: its destination refuses further batches (${seen}). The stream is paused, and retention does not wait for it. Correct the destination, then run "nestjs-audit-ledger streams resume ${stream}".`,
      late: (stream: string, seconds: number) =>
        `Cannot send the stream ${stream} in time: its lag is ${Math.round(seconds)} s. Check that an instance with this stream in its options runs, and read its log. Then raise the stream's rate, or run "nestjs-audit-ledger streams pause ${stream}".`,
    },
  },
  AUDIT_STREAM_PARKED: {
    kind: 'refused',
    when: 'health: the destination of a stream refused events, which are parked',
    do: 'run `nestjs-audit-ledger streams parked`, then `streams retry` or `streams drop`',
    message: (stream: string, events: number) =>
      `Cannot send ${events} ${events === 1 ? 'event' : 'events'} of the stream ${stream}: its destination refused them. "nestjs-audit-ledger streams parked ${stream}" shows why. Correct the cause, then run "nestjs-audit-ledger streams retry ${stream}", or drop them.`,
  },
  AUDIT_NOT_FOUND: {
    kind: 'missing',
    status: 404,
    when: 'no stream has that name',
    do: 'list what there is',
    message: (stream: string) =>
      `Cannot find the stream ${stream}: no stream of the ledger has this name. Run "nestjs-audit-ledger streams list".`,
  },
  AUDIT_STREAM_ADDRESS_PRIVATE: {
    kind: 'refused',
    when: 'stream: the destination has a loopback, private or link-local address',
    do: 'correct the `url`, or set `allowPrivateAddresses`',
    message: (host: string) =>
      `Cannot send to ${host}: its address is not public. Correct the url, or set allowPrivateAddresses for a destination in your own network.`,
  },
  AUDIT_REQUEST_INVALID: {
    kind: 'invalid',
    status: 400,
    when: 'routes and commands of streams: the call is wrong',
    do: 'follow the message; nothing was changed',
    message: (problems: readonly string[]) =>
      `Cannot change the stream: ${problems.join('; ')}. Correct this, and try again.`,
  },
});
