import { quote } from '../../../../migrations/audit-ownership.js';
import { nameOf, type CapturedTable } from '../captured-table.js';
import {
  isLaidOut,
  IS_ADDED_SINCE,
  IS_IN_LAYOUT,
  IS_RENAMED_SINCE,
  maskedColumns,
  masksWithAdded,
  secretColumns,
  listOf,
  literal,
} from '../column-layout.js';
import {
  absentColumns,
  COLUMNS_PLACEHOLDER,
  columnsOf,
  imageColumns,
  isShort,
  isShortText,
  shortColumns,
} from '../row-image.js';
import { SQL } from '../sql/sql.generated.js';

/** A row of 128 KiB or more gets its own chunk, so a chunk of several rows has at most 256 KiB. */
const MAX_CHUNK_ROWS = 500;
const HALF_CHUNK_BYTES = 131_072;

/** Writes the body of a table's trigger function, in the form of `pg_proc.prosrc`. */
export function captureBody(table: CapturedTable, ledger: string): string {
  const work = workOf(table, ledger);
  const common = { outbox: outboxOf(ledger), source: sourceOf(table) };
  return `
#variable_conflict use_column
DECLARE
  is_known boolean := true;
  wanted text;
  added text[];
  unpaired bigint;
BEGIN
  ${table.onCaptureFailure === 'fail' ? work : fill('passing', { ...common, work })}
  RETURN NULL;
END `;
}

type Template = 'work' | 'operation' | 'one-row' | 'chunks' | 'pairs' | 'left-over' | 'other-columns' | 'passing';

function fill(name: Template, parts: Readonly<Record<string, string>>): string {
  return SQL[`trigger-body/${name}`].trimEnd().replace(/\{\{(\w+)\}\}/g, (_mark, part: string) => parts[part] ?? '');
}

function outboxOf(ledger: string): string {
  return `${quote(ledger)}.audit_row_change`;
}

function sourceOf({ schema, name, resource, key, facts, redacted, digested, asText, hasParts }: CapturedTable): string {
  return literal(JSON.stringify({ schema, table: name, resource, key, facts, redacted, digested, asText, hasParts }));
}

/** The drain verifies the context's signature later, because a check in the trigger would slow each change. */
function originOf(table: CapturedTable): string {
  return `json_build_object('context', current_setting('audit.context', true), 'role', session_user, 'actingAs', current_setting('role'),
          'application', current_setting('application_name'), 'address', host(inet_client_addr()), 'pid', pg_backend_pid(), 'depth', pg_trigger_depth(),
          'partition', CASE WHEN TG_TABLE_NAME <> ${literal(table.name)} OR TG_TABLE_SCHEMA <> ${literal(table.schema)}
                            THEN format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME) END)`;
}

interface Side {
  readonly name: 'b' | 'a';
  readonly rows: 'old_rows' | 'new_rows';
}

const BEFORE: Side = { name: 'b', rows: 'old_rows' };
const AFTER: Side = { name: 'a', rows: 'new_rows' };
const BOTH = [BEFORE, AFTER];

/** Writes a query for the rows of a side: the text of the whole image, and for a table with masked columns, the shown text and the secrets. */
type RowsOf = (side: Side, isNumbered: boolean) => string;

interface Statements {
  readonly insert: string;
  readonly delete: string;
  readonly pairs: string;
  readonly leftOver: string;
}

function workOf(table: CapturedTable, ledger: string): string {
  const plain = statementsOf(table, ledger, plainRows(table, ledger), isMasked(table), {
    operation: 'TG_OP',
    origin: originOf(table),
  });
  const other = statementsOf(table, ledger, otherRows(table, ledger), true, { operation: '$2', origin: '$1' });
  const operation = (sides: readonly Side[], chunks: string): string =>
    fill('operation', {
      oneRow: oneRow(table, ledger, sides),
      isEmpty: sides.map(({ rows }) => `NOT EXISTS (SELECT FROM ${rows})`).join(' AND '),
      isLaidOut: isLaidOut(table, ledger),
      rows: sides.at(-1)?.rows ?? '',
      chunks,
    });
  const { pairs, leftOver } = plain;
  return fill('work', {
    truncate: truncation(table, ledger),
    renamedSince: IS_RENAMED_SINCE,
    addedSince: IS_ADDED_SINCE,
    update: operation(
      BOTH,
      `${pairs} INTO unpaired;\n        IF unpaired > 0 THEN\n        ${leftOver};\n        END IF`,
    ),
    insert: operation([AFTER], plain.insert),
    delete: operation([BEFORE], plain.delete),
    otherColumns: fill('other-columns', {
      wanted: columnsOf(table, ledger, 'TG_RELID', 'TG_ARGV[0]::jsonb'),
      columns: listOf(table.shape.map(({ name }) => name)),
      isInLayout: IS_IN_LAYOUT,
      mark: literal(COLUMNS_PLACEHOLDER),
      origin: originOf(table),
      ...Object.fromEntries(Object.entries(other).map(([name, text]: [string, string]) => [name, literal(text)])),
    }),
  });
}

function oneRow(table: CapturedTable, ledger: string, sides: readonly Side[]): string {
  const rows = ({ name, rows: of }: Side): string => {
    const columns = `SELECT ${shortColumns(table, ledger)} FROM ${of} r WHERE ${isShort(table)} OFFSET 0`;
    return `(SELECT row_to_json(w.*)::text AS whole${maskedTexts(table, ledger)} FROM ${absentColumns(table)}, LATERAL (${columns}) w OFFSET 0) ${name}`;
  };
  const conditions = sides.map(({ name }) => isShortText(`${name}.whole`));
  return fill('one-row', {
    outbox: outboxOf(ledger),
    source: sourceOf(table),
    origin: originOf(table),
    line: lineOf(table, ledger, sides, isMasked(table)),
    sides: sides.map(rows).join(',\n             '),
    rows: sides[0]?.rows ?? '',
    isLaidOut: isLaidOut(table, ledger),
    isChanged: [...conditions, ...(sides.length > 1 ? ['b.whole <> a.whole'] : [])].join(' AND '),
  });
}

/** Whether the shown image differs from the whole image, of which only the trigger can compute the digest. */
function isMasked(table: CapturedTable): boolean {
  return maskedColumns(table, '').length > 0;
}

function plainRows(table: CapturedTable, ledger: string): RowsOf {
  const short = `(SELECT row_to_json(w.*)::text FROM (SELECT ${shortColumns(table, ledger)}) w)`;
  return ({ rows }, isNumbered) => {
    const keys = keysOf(table, isNumbered, (column) => `${isMasked(table) ? 'w.' : ''}${quote(column)}::text`);
    if (isMasked(table))
      return `(SELECT ${keys}row_to_json(w.*)::text AS whole${maskedTexts(table, ledger)} FROM (SELECT ${imageColumns(table, ledger)} FROM ${rows} r OFFSET 0) w OFFSET 0)`;
    return `(SELECT ${keys}CASE WHEN ${isShortText('"?short?"')} THEN "?short?" ELSE (SELECT row_to_json(w.*)::text FROM (SELECT ${imageColumns(table, ledger)}) w) END AS whole
                     FROM (SELECT r.*, CASE WHEN ${isShort(table)} THEN ${short} END AS "?short?" FROM ${rows} r OFFSET 0) r OFFSET 0)`;
  };
}

/** The database inserts the columns at run time. */
function otherRows(table: CapturedTable, ledger: string): RowsOf {
  return ({ rows }, isNumbered) => {
    const keys = keysOf(table, isNumbered, (column) => `w.image ->> ${literal(column)}`);
    return `(SELECT ${keys}w.image::text AS whole, ${masksWithAdded(table, ledger, 'w.image', '$3')} AS shown,
              (SELECT jsonb_object_agg(name, w.image::jsonb -> name) FROM unnest(${listOf(table.redacted)}) name) AS secrets
              FROM (SELECT row_to_json(x.*) AS image FROM (SELECT ${COLUMNS_PLACEHOLDER} FROM ${rows} r) x OFFSET 0) w OFFSET 0)`;
  };
}

/** Rows of a table without a key are paired by their order. */
function keysOf(table: CapturedTable, isNumbered: boolean, valueOf: (column: string) => string): string {
  const keys = table.key.map((column, nth) => `${valueOf(column)} AS "?key${nth}?", `).join('');
  return isNumbered || table.key.length === 0 ? `${keys}row_number() OVER () AS nth, ` : keys;
}

function sameKey(table: CapturedTable): string {
  if (table.key.length === 0) return 'b.nth = a.nth';
  return table.key.map((_column, nth) => `b."?key${nth}?" = a."?key${nth}?"`).join(' AND ');
}

function maskedTexts(table: CapturedTable, ledger: string): string {
  if (!isMasked(table)) return '';
  const masked = new Map(maskedColumns(table, ledger));
  const shown = table.shape
    .filter(({ name }) => !table.ignored.includes(name))
    .map(({ name }) => `${masked.get(name) ?? `w.${quote(name)}`} AS ${quote(name)}`);
  return `, (SELECT row_to_json(v.*)::text FROM (SELECT ${shown.join(', ')}) v) AS shown, ${secretColumns(table)} AS secrets`;
}

function statementsOf(
  table: CapturedTable,
  ledger: string,
  rowsOf: RowsOf,
  masked: boolean,
  given: { readonly operation: string; readonly origin: string },
): Statements {
  const chunks = (sides: readonly Side[], changes: string, isWhole = false): string =>
    fill('chunks', {
      ...given,
      outbox: outboxOf(ledger),
      source: sourceOf(table),
      rows: sides.at(-1)?.rows ?? '',
      line: lineOf(table, ledger, sides, masked, isWhole),
      changes,
      mostRows: String(MAX_CHUNK_ROWS),
      halfBytes: String(HALF_CHUNK_BYTES),
    });
  const isKeyed = table.key.length > 0;
  const joined = `${rowsOf(BEFORE, false)} b FULL JOIN ${rowsOf(AFTER, false)} a ON ${sameKey(table)}`;
  const pairs = chunks(BOTH, `${joined} WHERE b.whole IS DISTINCT FROM a.whole`, !isKeyed);
  return {
    insert: chunks([AFTER], `${rowsOf(AFTER, false)} a`),
    delete: chunks([BEFORE], `${rowsOf(BEFORE, false)} b`),
    pairs: fill('pairs', { chunks: pairs }),
    leftOver: fill('left-over', {
      olds: rowsOf(BEFORE, true),
      news: rowsOf(AFTER, true),
      sameKey: sameKey(table),
      chunks: chunks(BOTH, 'gone b FULL JOIN come a ON b.place = a.place AND b.among = a.among', true),
    }),
  };
}

/**
 * Writes a line of the outbox: the images as texts, on lines of their own. The drain computes the digests of these texts. Only for masked columns, the
 * trigger computes them.
 *
 * @param isWhole whether a row without its other side gets a line
 */
function lineOf(
  table: CapturedTable,
  ledger: string,
  sides: readonly Side[],
  masked: boolean,
  isWhole = false,
): string {
  const image = (side: Side): string => {
    if (!sides.includes(side)) return `'null'`;
    const text = `${side.name}.${masked ? 'shown' : 'whole'}`;
    return isWhole ? `coalesce(${text}, 'null')` : text;
  };
  const images = `'[' || ${image(BEFORE)} || E'\\n,' || ${image(AFTER)}`;
  if (!masked) return `${images} || ']'`;
  const digestOf = (...texts: readonly string[]): string =>
    `encode(sha256(${quote(ledger)}.audit_row_salt() || convert_to(coalesce(${texts.join(', ')}), 'UTF8')), 'hex')`;
  const isUpdate = sides.length > 1;
  const digest = digestOf(...sides.toReversed().map(({ name }) => `${name}.whole`));
  const secrets = isUpdate
    ? `coalesce((SELECT json_agg(s.key)::text FROM jsonb_each(a.secrets) s WHERE s.value IS DISTINCT FROM b.secrets -> s.key), '[]')`
    : `'[]'`;
  const former = isUpdate && table.hasParts ? ` || ',"' || ${digestOf('b.whole', `''`)} || '"'` : '';
  return `${images} || E'\\n,"' || ${digest} || '",' || ${secrets}${former} || ']'`;
}

function truncation(table: CapturedTable, ledger: string): string {
  if (table.truncate === 'refuse') {
    return `RAISE EXCEPTION 'Cannot truncate %: its row changes are captured.', TG_RELID::regclass
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Use DELETE, or set truncate: ''record'' in the rules of ${nameOf(table).replaceAll("'", "''")} and run "nestjs-audit-ledger capture generate".';`;
  }
  return `EXECUTE format('SELECT count(*) FROM %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO unpaired;
    INSERT INTO ${outboxOf(ledger)} (operation, source, origin, statement_rows, changes, lines)
    VALUES (TG_OP, ${sourceOf(table)}, ${originOf(table)}, unpaired, 1, '[]');`;
}
