import { AuditError } from '../../audit/plain.js';

/** Another instance leads the streams now. */
export class StreamTakenOverError extends AuditError {
  readonly code = 'AUDIT_STREAM_TAKEN_OVER';

  constructor(stream: string) {
    super(
      `Cannot move the stream ${stream}: another instance leads it. Nothing to do: it sends what this instance did not get acknowledged.`,
    );
  }
}

/** Tables contradict the signed acts, or the application did not write them, so the stream is not sent. */
export class StreamContradictedError extends AuditError {
  readonly code = 'AUDIT_STREAM_CONTRADICTED';

  /** @param seen a clause */
  constructor(stream: string, seen: string) {
    super(
      `Cannot resume the stream ${stream}: its row contradicts the signed acts (${seen}). Nothing is sent. Put the row back from a backup, or run "nestjs-audit-ledger streams resume ${stream} --from <place>" with a place that the destination has; else remove the stream, and add it again.`,
    );
  }
}

/** A destination keeps failing. */
export class StreamFailingError extends AuditError {
  readonly code = 'AUDIT_STREAM_FAILING';

  constructor(stream: string, failures: number, seen: string) {
    super(
      `Cannot send the stream ${stream}: ${failures} attempts failed in a row, the last: ${seen}. Its events wait, and it is tried again. Correct the destination or the options of the stream.`,
    );
  }
}

/** A destination refuses further batches for good. */
export class StreamGoneError extends AuditError {
  readonly code = 'AUDIT_STREAM_GONE';

  constructor(stream: string, seen: string) {
    super(
      `Cannot send the stream ${stream}: its destination wants no more (${seen}). It is paused, and retention does not keep events for it. Correct the destination, then run "nestjs-audit-ledger streams resume ${stream}".`,
    );
  }
}

/** A stream is behind although its destination answers. */
export class StreamLateError extends AuditError {
  readonly code = 'AUDIT_STREAM_LATE';

  constructor(stream: string, seconds: number) {
    super(
      `Cannot send the stream ${stream} in time: an event waits for ${Math.round(seconds)} s. Check that an instance with this stream in its options runs, and read its log; raise its rate, or run "nestjs-audit-ledger streams pause ${stream}".`,
    );
  }
}

/** A destination refused events. */
export class StreamParkedError extends AuditError {
  readonly code = 'AUDIT_STREAM_PARKED';

  constructor(stream: string, events: number) {
    super(
      `Cannot send ${events} ${events === 1 ? 'event' : 'events'} of the stream ${stream}: its destination refused them. "nestjs-audit-ledger streams parked ${stream}" shows why. Correct the cause, then run "nestjs-audit-ledger streams retry ${stream}", or drop them.`,
    );
  }
}

/** No stream has that name. */
export class StreamUnknownError extends AuditError {
  readonly code = 'AUDIT_STREAM_UNKNOWN';

  constructor(stream: string) {
    super(
      `Cannot find the stream ${stream}: the ledger has none of that name. Run "nestjs-audit-ledger streams list".`,
    );
  }
}

/** A destination has an address that is not part of the public internet. */
export class PrivateAddressError extends AuditError {
  readonly code = 'AUDIT_STREAM_ADDRESS_PRIVATE';

  constructor(host: string, address: string) {
    super(
      `Cannot send to ${host}: its address ${address} is not public. Correct the url, or set allowPrivateAddresses for a destination in your own network.`,
    );
  }
}
