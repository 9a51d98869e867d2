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

/** The options of a stream to make or change are invalid. */
export class InvalidStreamError extends AuditError {
  readonly code = 'AUDIT_STREAM_INVALID';

  constructor(readonly problems: readonly string[]) {
    super(`Cannot do this to the stream: ${problems.join('; ')}. Correct this, and try again.`);
  }
}

/** Another stream has that name. */
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
      `Cannot change the stream ${stream}: it is one of the application's options. Change the option streams, and restart the application.`,
    );
  }
}

const REACHES = {
  files: 'a request cannot have the server write files. Use the option streams, or the command "streams add".',
  others: 'it may see more than you. Give it an access of your tenants: { "scope": "tenants", "tenantIds": […] }.',
  addresses: 'only an operator may allow private addresses. Leave that out.',
};

/** A new stream would reach further than the request may. */
export class StreamReachError extends AuditError {
  readonly code = 'AUDIT_STREAM_REACH';

  constructor(reach: keyof typeof REACHES) {
    super(`Cannot make this stream: ${REACHES[reach]}`);
  }
}

/** The secrets of streams cannot be encrypted or decrypted. */
export class StreamSecretsKeyError extends AuditError {
  readonly code = 'AUDIT_STREAM_SECRETS_KEY';

  /** No key is configured, so no stream can be made at run time. */
  static missing(): StreamSecretsKeyError {
    return new StreamSecretsKeyError(
      'Cannot keep the secrets of a stream: there is no key to encrypt them. Set the option streamSecretsKey (the command reads AUDIT_STREAM_SECRETS_KEY): openssl rand -base64 32.',
    );
  }

  /** @param given the ids of the configured keys; `undefined` for none */
  static of(stream: string, needed: string, given: readonly string[] | undefined): StreamSecretsKeyError {
    const seen =
      given === undefined
        ? 'streamSecretsKey is not set'
        : given.includes(needed)
          ? 'they or its options were changed in the database since'
          : `streamSecretsKey has ${given.length === 1 ? 'the key' : 'the keys'} ${given.join(' and ')}`;
    return new StreamSecretsKeyError(
      `Cannot read the secrets of the stream ${stream}: the key ${needed} encrypted them, and ${seen}. The stream keeps its place. Give every instance that key again, behind the newest one, or remove the stream and add it with its secrets.`,
    );
  }
}
