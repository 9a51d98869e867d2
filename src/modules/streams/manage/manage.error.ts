import { AuditError } from '../../../audit/plain.js';

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
