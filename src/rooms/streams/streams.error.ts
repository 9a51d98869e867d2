import { AuditError } from '../../audit/plain.js';

/** Another instance leads the streams now. */
export class StreamTakenOverError extends AuditError {
  readonly code = 'AUDIT_STREAM_TAKEN_OVER';

  constructor(stream: string) {
    super(
      `Cannot advance the stream ${stream}: another instance sends it now. You need not do anything: that instance sends the batches that are not acknowledged.`,
    );
  }
}

/** The stored state of a stream contradicts the signed acts, so the stream is not sent. */
export class StreamContradictedError extends AuditError {
  readonly code = 'AUDIT_STREAM_CONTRADICTED';

  /** @param seen the contradiction, as a clause */
  constructor(stream: string, seen: string) {
    super(
      `Cannot resume the stream ${stream}: its row contradicts the signed acts (${seen}). Nothing is sent. Restore the row from a backup, or run "nestjs-audit-ledger streams resume ${stream} --from <index>" with the sequence number of an event that the destination has. Otherwise, remove the stream, and add it again.`,
    );
  }
}

/** Several attempts to send a batch failed in a row. */
export class StreamFailingError extends AuditError {
  readonly code = 'AUDIT_STREAM_FAILING';

  constructor(stream: string, failures: number, seen: string) {
    super(
      `Cannot send the stream ${stream}: ${failures} attempts failed in a row, the last: ${seen}. The stream retries, and its events wait. Correct the destination or the options of the stream.`,
    );
  }
}

/** A destination refuses all further batches. */
export class StreamGoneError extends AuditError {
  readonly code = 'AUDIT_STREAM_GONE';

  constructor(stream: string, seen: string) {
    super(
      `Cannot send the stream ${stream}: its destination refuses further batches (${seen}). The stream is paused, and retention does not wait for it. Correct the destination, then run "nestjs-audit-ledger streams resume ${stream}".`,
    );
  }
}

/** A stream lags although its destination answers. */
export class StreamLateError extends AuditError {
  readonly code = 'AUDIT_STREAM_LATE';

  constructor(stream: string, seconds: number) {
    super(
      `Cannot send the stream ${stream} in time: its lag is ${Math.round(seconds)} s. Check that an instance with this stream in its options runs, and read its log. Then raise the stream's rate, or run "nestjs-audit-ledger streams pause ${stream}".`,
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

/** No stream of the ledger has the given name. */
export class StreamUnknownError extends AuditError {
  readonly code = 'AUDIT_STREAM_UNKNOWN';

  constructor(stream: string) {
    super(
      `Cannot find the stream ${stream}: no stream of the ledger has this name. Run "nestjs-audit-ledger streams list".`,
    );
  }
}

/** A destination has an address that is not part of the public internet. */
export class PrivateAddressError extends AuditError {
  readonly code = 'AUDIT_STREAM_ADDRESS_PRIVATE';

  /** The message does not contain the address, because a tenant's destination may have any name, and its tenant reads the message. */
  constructor(host: string) {
    super(
      `Cannot send to ${host}: its address is not public. Correct the url, or set allowPrivateAddresses for a destination in your own network.`,
    );
  }
}

/** The options for a new or changed stream are invalid. */
export class InvalidStreamError extends AuditError {
  readonly code = 'AUDIT_STREAM_INVALID';

  constructor(readonly problems: readonly string[]) {
    super(`Cannot change the stream: ${problems.join('; ')}. Correct this, and try again.`);
  }
}

/** The ledger already has a stream with the name of the new stream. */
export class StreamExistsError extends AuditError {
  readonly code = 'AUDIT_STREAM_EXISTS';

  constructor(stream: string) {
    super(
      `Cannot add the stream ${stream}: the ledger has a stream of that name. Choose another name, or change that stream.`,
    );
  }
}

/** A stream comes from the application's options, so it cannot be changed at run time. */
export class StreamOfOptionsError extends AuditError {
  readonly code = 'AUDIT_STREAM_OF_OPTIONS';

  constructor(stream: string) {
    super(
      `Cannot change the stream ${stream}: it is defined in the application's options. Change the option streams, and restart the application.`,
    );
  }
}

const REACHES = {
  files: 'a request may not make the server write files. Use the option streams, or the command "streams add".',
  others: 'its access exceeds yours. Set an access of your tenants: { "scope": "tenants", "tenantIds": […] }.',
  addresses: 'only an operator may allow private addresses. Remove allowPrivateAddresses.',
};

/** The requester may not make a stream with this destination or access. */
export class StreamReachError extends AuditError {
  readonly code = 'AUDIT_STREAM_REACH';

  constructor(reach: keyof typeof REACHES) {
    super(`Cannot make this stream: ${REACHES[reach]}`);
  }
}

/** The secrets of streams cannot be encrypted or decrypted. */
export class StreamSecretsKeyError extends AuditError {
  readonly code = 'AUDIT_STREAM_SECRETS_KEY';

  static missing(): StreamSecretsKeyError {
    return new StreamSecretsKeyError(
      'Cannot store the secrets of a stream: no key is set to encrypt them. Make a key with "openssl rand -base64 32", and set the option streamSecretsKey; the command reads AUDIT_STREAM_SECRETS_KEY.',
    );
  }

  /** Makes the error for secrets that cannot be decrypted. @param given the ids of the configured keys */
  static of(stream: string, needed: string, given: readonly string[] | undefined): StreamSecretsKeyError {
    const seen =
      given === undefined
        ? 'streamSecretsKey is not set'
        : given.includes(needed)
          ? 'somebody changed the secrets or the options in the database'
          : `streamSecretsKey has ${given.length === 1 ? 'the key' : 'the keys'} ${given.join(' and ')}`;
    return new StreamSecretsKeyError(
      `Cannot read the secrets of the stream ${stream}: the key ${needed} encrypted them, and ${seen}. The position of the stream does not change. Set that key in every instance again, after the newest key. Otherwise, remove the stream, and add it with its secrets.`,
    );
  }
}
