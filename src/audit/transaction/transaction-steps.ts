import { statementStarts, withoutComments } from '../row-context/split-statements.js';

export type TransactionStep =
  | { readonly kind: 'savepoint' | 'release' | 'rollBackTo'; readonly name: string }
  /** `isPlain`: the text has only this statement, without options. `chains`: the statement begins the next transaction. */
  | { readonly kind: 'commit' | 'rollBack'; readonly isPlain: boolean; readonly chains?: true };

const BEGINS_STEP = /^(?:savepoint|release|rollback|abort|commit|end|prepare)\b/i;
const MAY_STEP = /\b(?:savepoint|release|rollback|abort|commit|end|prepare)\b/i;
const NAME = String.raw`((?:u&)?"(?:[^"]|"")+"(?:\s*uescape\s*'[^']')?|[^\s;]+)`;
const SAVEPOINT = new RegExp(String.raw`^savepoint\b\s*${NAME}`, 'i');
const RELEASE = new RegExp(String.raw`^release\b\s*(?:savepoint\b\s*)?${NAME}`, 'i');
const ROLLS_BACK_TO = new RegExp(
  String.raw`^rollback\s+(?:(?:work|transaction)\s+)?to\b\s*(?:savepoint\b\s*)?${NAME}`,
  'i',
);
const COMMITS = /^(?:commit(?!\s+prepared\b)|end|prepare\s+transaction)\b/i;
const ROLLS_BACK = /^(?:rollback(?!\s+prepared\b)|abort)\b/i;
const CHAINS = /\band\s+chain\b/i;
const PLAIN_COMMIT = /^\s*commit\s*(?:;\s*)?$/i;

const NONE: readonly TransactionStep[] = [];

/** Lists the statements in a text that begin or end a savepoint, or end the transaction, in order. */
export function transactionSteps(text: string): readonly TransactionStep[] {
  if (!MAY_STEP.test(text)) return NONE;
  const starts = statementStarts(text);
  return starts.flatMap((start, index) => stepOf(text.slice(start, starts[index + 1]), text) ?? []);
}

function stepOf(statement: string, text: string): TransactionStep | undefined {
  if (!BEGINS_STEP.test(statement)) return undefined;
  const plain = withoutComments(statement);
  const to = ROLLS_BACK_TO.exec(plain)?.[1];
  if (to !== undefined) return { kind: 'rollBackTo', name: nameOf(to) };
  const made = SAVEPOINT.exec(plain)?.[1];
  if (made !== undefined) return { kind: 'savepoint', name: nameOf(made) };
  const released = RELEASE.exec(plain)?.[1];
  if (released !== undefined) return { kind: 'release', name: nameOf(released) };
  const chains = CHAINS.test(plain) && { chains: true as const };
  if (COMMITS.test(plain)) return { kind: 'commit', isPlain: PLAIN_COMMIT.test(text), ...chains };
  return ROLLS_BACK.test(plain) ? { kind: 'rollBack', isPlain: false, ...chains } : undefined;
}

const QUOTED = /^(u&)?"([^]+)"(?:\s*uescape\s*'([^'])')?$/i;
const MAX_NAME_BYTES = 63;

/** Like PostgreSQL, this function converts an unquoted name to lower case, decodes escapes, and cuts a long name. */
function nameOf(written: string): string {
  const [, unicode, quoted, escape] = QUOTED.exec(written) ?? [];
  const name = quoted?.replaceAll('""', '"') ?? written.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const bytes = Buffer.from(unicode === undefined ? name : unescapeName(name, escape));
  return new TextDecoder().decode(bytes.subarray(0, MAX_NAME_BYTES), { stream: true }); // omits a cut character
}

function unescapeName(name: string, escape = '\\'): string {
  const mark = `\\u${escape.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const escaped = new RegExp(`${mark}(?:([0-9a-f]{4})|\\+(0[0-9a-f]{5}|10[0-9a-f]{4})|${mark})`, 'gi');
  return name.replace(escaped, (_all, four?: string, six?: string) => {
    const code = four ?? six;
    return code === undefined ? escape : String.fromCodePoint(Number.parseInt(code, 16));
  });
}
