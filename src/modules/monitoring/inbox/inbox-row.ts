import { randomBytes } from 'node:crypto';
import type { AuditEvent, FactRules } from '../../../audit/plain.js';
import { checkLine, isDoubtful, writeLine } from '../sealing/event-line.js';
import { findPersonal } from '../sealing/find-personal.js';
import { sealLine } from '../store/seal-row.js';

/** The version of the lines that this library writes. A sealer leaves rows of a newer version to a newer sealer. */
export const LINE_VERSION = 1;

/** A writer begins another row when a row would exceed this size. A row of one line may exceed it; the server refuses more than 2 MiB. */
const MAX_BODY_BYTES = 1024 * 1024;

const SEED_BYTES = 16;
const ANY_SEED = Buffer.alloc(SEED_BYTES);

/** A statement that stores rows of the inbox. */
export interface InboxStatement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

// Without a synchronous commit, a crash of the server could lose events whose commit was acknowledged. For the rest of the transaction.
const INSERT = `
  INSERT INTO audit_inbox (version, seed, body)
    SELECT $1::smallint, seed, body FROM unnest($2::bytea[], $3::text[]) AS given (seed, body)
     WHERE (CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END) IS DISTINCT FROM ''`;

/**
 * Returns the statement that stores events in the inbox, in the order of the array. The writer decides what is personal: each line has the
 * pointers of its personal values.
 *
 * @param rulesFor returns the fact rules of a type
 * @throws InvalidLineError (`AUDIT_LINE_INVALID`), EntryTooLargeError (`AUDIT_ENTRY_TOO_LARGE`) if the sealer would refuse an event because
 *   of its texts or its size. The core makes no such event
 */
export function insertLines(events: readonly AuditEvent[], rulesFor: (type: string) => FactRules): InboxStatement {
  const bodies = joinLines(
    events.map((event) => {
      const line = writeLine({ event, marks: findPersonal(event, rulesFor(event.type)) });
      if (isDoubtful(line)) sealLine(checkLine(line), ANY_SEED);
      return line;
    }),
  );
  const seeds = bodies.map(() => randomBytes(SEED_BYTES));
  return { name: 'audit_inbox_insert', text: INSERT, values: [LINE_VERSION, seeds, bodies] };
}

function joinLines(lines: readonly string[]): readonly string[] {
  const bodies: string[] = [];
  let [body, bytes] = ['', 0];
  for (const line of lines) {
    const lineBytes = Buffer.byteLength(line) + 1;
    if (body !== '' && bytes + lineBytes > MAX_BODY_BYTES) {
      bodies.push(body);
      [body, bytes] = ['', 0];
    }
    body += body === '' ? line : `\n${line}`;
    bytes += lineBytes;
  }
  if (body !== '') bodies.push(body);
  return bodies;
}
