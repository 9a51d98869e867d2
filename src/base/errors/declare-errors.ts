import {
  InconsistentError,
  InvalidError,
  MissingError,
  RefusedError,
  UnavailableError,
  type AuditError,
  type ErrorFacts,
} from './audit.error.js';
import type { AuditErrorCode } from './error-codes.generated.js';

const KINDS = {
  unavailable: UnavailableError,
  refused: RefusedError,
  invalid: InvalidError,
  missing: MissingError,
  inconsistent: InconsistentError,
};

/** What a function of a table returns if the error has more than a message. */
interface MessageParts extends ErrorFacts {
  readonly message: string;
  /** Replaces the status of the row. */
  readonly status?: number;
  /** What an `AuditHttpException` answers beside its status, code and message. */
  readonly body?: object;
}

/** Makes the message: "Cannot <do>: <what was seen>. <What to do next>." A parameter `seen` is a clause, and `next` a sentence without its full stop. */
type Message = (...input: never[]) => string | MessageParts;

/** An error as a table declares it. `docs/reference/errors.md` and `AuditErrorCode` are generated from the tables. */
interface ErrorRow {
  /** The HTTP status. Without it, the application answers the error. */
  readonly status?: number;
  /** Replaces a message with paths or addresses in the answer of the library's routes. The message then goes to the log. */
  readonly publicMessage?: string;
  /** When the error occurs, in Markdown. */
  readonly when: string;
  /** What to do, in Markdown. */
  readonly do: string;
  /** One message, or one for each case. */
  readonly message: Message | Readonly<Record<string, Message>>;
}

interface KindRow extends ErrorRow {
  /** What a caller can do, which is the class of the error. */
  readonly kind: keyof typeof KINDS;
}

type Maker<Made, Case> = Case extends (...input: infer Given) => unknown ? (...input: Given) => Made : never;

type Makers<Made, Cases> = Cases extends Message
  ? Maker<Made, Cases>
  : { readonly [Case in keyof Cases]: Maker<Made, Cases[Case]> };

/** By code: the function that makes the error, or the functions by case. */
type ErrorMakers<Made, Table extends Readonly<Record<string, ErrorRow>>> = {
  readonly [Code in keyof Table]: Makers<Made, Table[Code]['message']>;
};

/** All declared errors, for the generator of the reference page. */
export const ERROR_ROWS: (readonly [code: string, row: ErrorRow])[] = [];

/**
 * Declares errors in a table by code, in a file `*.errors.ts`. Returns for each code the function that makes the error from the parameters
 * of its message: `throw lifecycleErrors.AUDIT_ACT_LOST(7)`.
 */
export function declareErrors<const Table extends Readonly<Record<string, KindRow>>>(
  table: Table,
): ErrorMakers<AuditError, Table> {
  return declareMade(table, (code, { kind, status, publicMessage }, { message, ...facts }) => {
    const http = {
      ...(status !== undefined && { httpStatus: status }),
      ...(publicMessage !== undefined && { publicMessage }),
    };
    return new KINDS[kind](code, message, { ...facts, ...http });
  });
}

/** Declares errors of another class than `AuditError`. */
export function declareMade<const Table extends Readonly<Record<string, ErrorRow>>, Made>(
  table: Table,
  make: (code: AuditErrorCode, row: Table[string], parts: MessageParts) => Made,
): ErrorMakers<Made, Table> {
  const makers = Object.entries(table).map(([code, row]) => {
    ERROR_ROWS.push([code, row]);
    const createMaker =
      (message: Message) =>
      (...input: never[]): Made => {
        const parts = message(...input);
        // The type of codes is generated from the tables.
        return make(
          code as AuditErrorCode,
          row as Table[string],
          typeof parts === 'string' ? { message: parts } : parts,
        );
      };
    const { message } = row;
    if (typeof message === 'function') return [code, createMaker(message)];
    return [code, Object.fromEntries(Object.entries(message).map(([name, of]) => [name, createMaker(of)]))];
  });
  return Object.fromEntries(makers) as ErrorMakers<Made, Table>; // each code of the table has its makers
}
