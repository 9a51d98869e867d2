import { quote } from '../../../../migrations/audit-ownership.js';
import { formatTableName, type CapturedTable } from '../captured-table.js';
import {
  isLaidOut,
  IS_ADDED_SINCE,
  IS_IN_LAYOUT,
  IS_RENAMED_SINCE,
  maskedColumns,
  masksWithAdded,
  selectSecretColumns,
  quoteList,
  quoteSqlLiteral,
} from '../column-layout.js';
import {
  selectAbsentColumns,
  COLUMNS_PLACEHOLDER,
  selectColumns,
  selectImageColumns,
  isShort,
  isShortText,
  selectShortColumns,
} from '../row-image.js';
import { SQL } from '../sql/sql.generated.js';

/** A row of 128 KiB or more gets its own chunk, so a chunk of several rows has at most 256 KiB. */
const MAX_CHUNK_ROWS = 500;
const HALF_CHUNK_BYTES = 131_072;

/** Writes the body of a table's trigger function, in the form of `pg_proc.prosrc`. */
export function buildCaptureBody(table: CapturedTable, ledger: string): string {
  const work = buildWork(table, ledger);
  const common = { outbox: formatOutbox(ledger), source: buildSource(table) };
  return `
#variable_conflict use_column
DECLARE
  is_known boolean := true;
  wanted text;
  added text[];
  unpaired bigint;
BEGIN
  ${table.onCaptureFailure === 'fail' ? work : fillTemplate('passing', { ...common, work })}
  RETURN NULL;
END `;
}

type Template = 'work' | 'operation' | 'one-row' | 'chunks' | 'pairs' | 'left-over' | 'other-columns' | 'passing';

function fillTemplate(name: Template, parts: Readonly<Record<string, string>>): string {
  return SQL[`trigger-body/${name}`].trimEnd().replace(/\{\{(\w+)\}\}/g, (_mark, part: string) => parts[part] ?? '');
}

function formatOutbox(ledger: string): string {
  return `${quote(ledger)}.audit_row_change`;
}

function buildSource({
  schema,
  name,
  resource,
  key,
  facts,
  redacted,
  digested,
  asText,
  hasParts,
}: CapturedTable): string {
  return quoteSqlLiteral(
    JSON.stringify({ schema, table: name, resource, key, facts, redacted, digested, asText, hasParts }),
  );
}

/** The drain verifies the context's signature later, because a check in the trigger would slow each change. */
function buildOrigin(table: CapturedTable): string {
  return `json_build_object('context', current_setting('audit.context', true), 'role', session_user, 'actingAs', current_setting('role'),
          'application', current_setting('application_name'), 'address', host(inet_client_addr()), 'pid', pg_backend_pid(), 'depth', pg_trigger_depth(),
          'partition', CASE WHEN TG_TABLE_NAME <> ${quoteSqlLiteral(table.name)} OR TG_TABLE_SCHEMA <> ${quoteSqlLiteral(table.schema)}
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
type RowsBuilder = (side: Side, isNumbered: boolean) => string;

interface Statements {
  readonly insert: string;
  readonly delete: string;
  readonly pairs: string;
  readonly leftOver: string;
}

function buildWork(table: CapturedTable, ledger: string): string {
  const plain = buildStatements(table, ledger, buildPlainRows(table, ledger), isMasked(table), {
    operation: 'TG_OP',
    origin: buildOrigin(table),
  });
  const other = buildStatements(table, ledger, buildOtherRows(table, ledger), true, { operation: '$2', origin: '$1' });
  const operation = (sides: readonly Side[], chunks: string): string =>
    fillTemplate('operation', {
      oneRow: oneRow(table, ledger, sides),
      isEmpty: sides.map(({ rows }) => `NOT EXISTS (SELECT FROM ${rows})`).join(' AND '),
      isLaidOut: isLaidOut(table, ledger),
      rows: sides.at(-1)?.rows ?? '',
      chunks,
    });
  const { pairs, leftOver } = plain;
  return fillTemplate('work', {
    truncate: buildTruncation(table, ledger),
    renamedSince: IS_RENAMED_SINCE,
    addedSince: IS_ADDED_SINCE,
    update: operation(
      BOTH,
      `${pairs} INTO unpaired;\n        IF unpaired > 0 THEN\n        ${leftOver};\n        END IF`,
    ),
    insert: operation([AFTER], plain.insert),
    delete: operation([BEFORE], plain.delete),
    otherColumns: fillTemplate('other-columns', {
      wanted: selectColumns(table, ledger, 'TG_RELID', 'TG_ARGV[0]::jsonb'),
      columns: quoteList(table.shape.map(({ name }) => name)),
      isInLayout: IS_IN_LAYOUT,
      mark: quoteSqlLiteral(COLUMNS_PLACEHOLDER),
      origin: buildOrigin(table),
      ...Object.fromEntries(
        Object.entries(other).map(([name, text]: [string, string]) => [name, quoteSqlLiteral(text)]),
      ),
    }),
  });
}

function oneRow(table: CapturedTable, ledger: string, sides: readonly Side[]): string {
  const rows = ({ name, rows: of }: Side): string => {
    const columns = `SELECT ${selectShortColumns(table, ledger)} FROM ${of} r WHERE ${isShort(table)} OFFSET 0`;
    return `(SELECT row_to_json(w.*)::text AS whole${maskedTexts(table, ledger)} FROM ${selectAbsentColumns(table)}, LATERAL (${columns}) w OFFSET 0) ${name}`;
  };
  const conditions = sides.map(({ name }) => isShortText(`${name}.whole`));
  return fillTemplate('one-row', {
    outbox: formatOutbox(ledger),
    source: buildSource(table),
    origin: buildOrigin(table),
    line: buildLine(table, ledger, sides, isMasked(table)),
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

function buildPlainRows(table: CapturedTable, ledger: string): RowsBuilder {
  const short = `(SELECT row_to_json(w.*)::text FROM (SELECT ${selectShortColumns(table, ledger)}) w)`;
  return ({ rows }, isNumbered) => {
    const keys = buildKeys(table, isNumbered, (column) => `${isMasked(table) ? 'w.' : ''}${quote(column)}::text`);
    if (isMasked(table))
      return `(SELECT ${keys}row_to_json(w.*)::text AS whole${maskedTexts(table, ledger)} FROM (SELECT ${selectImageColumns(table, ledger)} FROM ${rows} r OFFSET 0) w OFFSET 0)`;
    return `(SELECT ${keys}CASE WHEN ${isShortText('"?short?"')} THEN "?short?" ELSE (SELECT row_to_json(w.*)::text FROM (SELECT ${selectImageColumns(table, ledger)}) w) END AS whole
                     FROM (SELECT r.*, CASE WHEN ${isShort(table)} THEN ${short} END AS "?short?" FROM ${rows} r OFFSET 0) r OFFSET 0)`;
  };
}

/** The database inserts the columns at run time. */
function buildOtherRows(table: CapturedTable, ledger: string): RowsBuilder {
  return ({ rows }, isNumbered) => {
    const keys = buildKeys(table, isNumbered, (column) => `w.image ->> ${quoteSqlLiteral(column)}`);
    return `(SELECT ${keys}w.image::text AS whole, ${masksWithAdded(table, ledger, 'w.image', '$3')} AS shown,
              (SELECT jsonb_object_agg(name, w.image::jsonb -> name) FROM unnest(${quoteList(table.redacted)}) name) AS secrets
              FROM (SELECT row_to_json(x.*) AS image FROM (SELECT ${COLUMNS_PLACEHOLDER} FROM ${rows} r) x OFFSET 0) w OFFSET 0)`;
  };
}

/** Rows of a table without a key are paired by their order. */
function buildKeys(table: CapturedTable, isNumbered: boolean, getValue: (column: string) => string): string {
  const keys = table.key.map((column, nth) => `${getValue(column)} AS "?key${nth}?", `).join('');
  return isNumbered || table.key.length === 0 ? `${keys}row_number() OVER () AS nth, ` : keys;
}

function buildSameKey(table: CapturedTable): string {
  if (table.key.length === 0) return 'b.nth = a.nth';
  return table.key.map((_column, nth) => `b."?key${nth}?" = a."?key${nth}?"`).join(' AND ');
}

function maskedTexts(table: CapturedTable, ledger: string): string {
  if (!isMasked(table)) return '';
  const masked = new Map(maskedColumns(table, ledger));
  const shown = table.shape
    .filter(({ name }) => !table.ignored.includes(name))
    .map(({ name }) => `${masked.get(name) ?? `w.${quote(name)}`} AS ${quote(name)}`);
  return `, (SELECT row_to_json(v.*)::text FROM (SELECT ${shown.join(', ')}) v) AS shown, ${selectSecretColumns(table)} AS secrets`;
}

function buildStatements(
  table: CapturedTable,
  ledger: string,
  buildRows: RowsBuilder,
  masked: boolean,
  input: { readonly operation: string; readonly origin: string },
): Statements {
  const chunks = (sides: readonly Side[], changes: string, isComplete = false): string =>
    fillTemplate('chunks', {
      ...input,
      outbox: formatOutbox(ledger),
      source: buildSource(table),
      rows: sides.at(-1)?.rows ?? '',
      line: buildLine(table, ledger, sides, masked, isComplete),
      changes,
      maxRows: String(MAX_CHUNK_ROWS),
      halfBytes: String(HALF_CHUNK_BYTES),
    });
  const isKeyed = table.key.length > 0;
  const joined = `${buildRows(BEFORE, false)} b FULL JOIN ${buildRows(AFTER, false)} a ON ${buildSameKey(table)}`;
  const pairs = chunks(BOTH, `${joined} WHERE b.whole IS DISTINCT FROM a.whole`, !isKeyed);
  return {
    insert: chunks([AFTER], `${buildRows(AFTER, false)} a`),
    delete: chunks([BEFORE], `${buildRows(BEFORE, false)} b`),
    pairs: fillTemplate('pairs', { chunks: pairs }),
    leftOver: fillTemplate('left-over', {
      olds: buildRows(BEFORE, true),
      news: buildRows(AFTER, true),
      sameKey: buildSameKey(table),
      chunks: chunks(BOTH, 'gone b FULL JOIN come a ON b.place = a.place AND b.among = a.among', true),
    }),
  };
}

/**
 * Writes a line of the outbox: the images as texts, on lines of their own. The drain computes the digests of these texts. Only for masked columns, the
 * trigger computes them.
 *
 * @param isComplete whether a row without its other side gets a line
 */
function buildLine(
  table: CapturedTable,
  ledger: string,
  sides: readonly Side[],
  masked: boolean,
  isComplete = false,
): string {
  const image = (side: Side): string => {
    if (!sides.includes(side)) return `'null'`;
    const text = `${side.name}.${masked ? 'shown' : 'whole'}`;
    return isComplete ? `coalesce(${text}, 'null')` : text;
  };
  const images = `'[' || ${image(BEFORE)} || E'\\n,' || ${image(AFTER)}`;
  if (!masked) return `${images} || ']'`;
  const computeDigest = (...texts: readonly string[]): string =>
    `encode(sha256(${quote(ledger)}.audit_row_salt() || convert_to(coalesce(${texts.join(', ')}), 'UTF8')), 'hex')`;
  const isUpdate = sides.length > 1;
  const digest = computeDigest(...sides.toReversed().map(({ name }) => `${name}.whole`));
  const secrets = isUpdate
    ? `coalesce((SELECT json_agg(s.key)::text FROM jsonb_each(a.secrets) s WHERE s.value IS DISTINCT FROM b.secrets -> s.key), '[]')`
    : `'[]'`;
  const former = isUpdate && table.hasParts ? ` || ',"' || ${computeDigest('b.whole', `''`)} || '"'` : '';
  return `${images} || E'\\n,"' || ${digest} || '",' || ${secrets}${former} || ']'`;
}

function buildTruncation(table: CapturedTable, ledger: string): string {
  if (table.truncate === 'refuse') {
    return `RAISE EXCEPTION 'Cannot truncate %: its row changes are captured.', TG_RELID::regclass
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Use DELETE, or set truncate: ''record'' in the rules of ${formatTableName(table).replaceAll("'", "''")} and run "nestjs-audit-ledger capture generate".';`;
  }
  return `EXECUTE format('SELECT count(*) FROM %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO unpaired;
    INSERT INTO ${formatOutbox(ledger)} (operation, source, origin, statement_rows, changes, lines)
    VALUES (TG_OP, ${buildSource(table)}, ${buildOrigin(table)}, unpaired, 1, '[]');`;
}
