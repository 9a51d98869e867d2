import type { AuditErrorCode } from './error-codes.generated.js';

/** A contradiction between an event's details and the catalogue. The issue never contains a value. */
export interface AuditDetailsIssue {
  /** The JSON Pointer (RFC 6901) of the field, for example `/roleNam`; empty for all details. */
  readonly path: string;
  readonly message: string;
}

export interface ErrorFacts {
  readonly cause?: unknown;
  /** Each problem of the options, of a query or of a stream, as a part of a sentence. */
  readonly problems?: readonly string[];
  /** The details that contradict the catalogue. */
  readonly issues?: readonly AuditDetailsIssue[];
  /** The names of the fields that do not fit into an event; `input` for an input without fields. */
  readonly fields?: readonly string[];
  /** Whether the events or the store are at fault, or nobody knows. The delivery retries accordingly. */
  readonly fault?: 'events' | 'store' | 'unknown';
  readonly eventType?: string;
  /** What the event lacks: `actor`, `tenant`. */
  readonly missing?: readonly string[];
  /** The reason in the event of an operation that was not started. */
  readonly reason?: string;
}

/** How the library's routes answer an error. */
interface ErrorResponse {
  readonly httpStatus?: number | undefined;
  /** Replaces a message with paths or addresses, which then goes to the log. */
  readonly publicMessage?: string | undefined;
}

/** The base class of the errors of this library. A subclass says what a caller can do, the code says what happened. */
export abstract class AuditError extends Error implements ErrorFacts, ErrorResponse {
  declare readonly problems?: readonly string[];
  declare readonly issues?: readonly AuditDetailsIssue[];
  declare readonly fields?: readonly string[];
  declare readonly fault?: 'events' | 'store' | 'unknown';
  declare readonly httpStatus?: number;
  declare readonly publicMessage?: string;

  /** @param message "Cannot <do>: <what was seen>. <What to do next>." */
  constructor(
    /** The stable code. `docs/reference/errors.md` lists all codes. */
    readonly code: AuditErrorCode,
    message: string,
    { cause, ...facts }: ErrorFacts & ErrorResponse = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    Object.assign(this, facts);
  }
}

/** Something that the work needs is away, late or full. Repair it, or try again later. */
export class UnavailableError extends AuditError {}

/** The rules, the rights of the caller or an earlier act do not allow the work. The same call fails again. */
export class RefusedError extends AuditError {}

/** What was given is wrong: options, a query, a text, a file. Correct it. */
export class InvalidError extends AuditError {}

/** What was named, or what the work needs, does not exist. */
export class MissingError extends AuditError {}

/** What is stored contradicts what is signed, or itself. Find out who changed it: `nestjs-audit-ledger verify`. */
export class InconsistentError extends AuditError {}
