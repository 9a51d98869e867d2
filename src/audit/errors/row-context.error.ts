import { AuditError } from './audit.error.js';

/** The key that signs the context of row changes is missing or cannot be used. */
export class ContextKeyError extends AuditError {
  readonly code = 'AUDIT_CONTEXT_KEY_INVALID';

  static both(): ContextKeyError {
    return new ContextKeyError('Cannot choose the context key: key and keyFile are both set. Set one of them.');
  }

  static tooShort(from: string, characters: number): ContextKeyError {
    return new ContextKeyError(
      `Cannot use the context key of ${from}: it is not a text of ${characters} characters or more. ` +
        'Make a key with `openssl rand -hex 32`, and store the same key in the database.',
    );
  }

  static unreadable(file: string, cause: unknown): ContextKeyError {
    return new ContextKeyError(
      `Cannot read the context key in ${file}. Restore the file, or correct the option keyFile. To make the first key: ` +
        `npx nestjs-audit-ledger context-key add <name> --key-file ${file}`,
      { cause },
    );
  }
}

/** The argument of `auditedPg` is not the package pg. */
export class PgUnknownError extends AuditError {
  readonly code = 'AUDIT_PG_UNKNOWN';

  /** @throws PgUnknownError */
  static raise(): never {
    throw new PgUnknownError(
      'Cannot send the context of row changes: the given Client does not come from the package pg. Pass the Client of `import pg from "pg"`. pg-native is not supported.',
    );
  }
}
