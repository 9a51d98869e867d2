import { quote } from '../../../migrations/audit-ownership.js';
import { nameOf, type CapturedTable, type TableName } from './captured-table.js';
import { IS_IN_LAYOUT, IS_LAID_OUT, IS_RENAMED_SINCE } from './column-layout.js';
import { COLUMNS_MARK, columnsOf, completedImages, imagesOf, isOfShape } from './row-image.js';
import { listOf, literal } from './sql-text.js';

/** A row of 128 KiB or more gets its own chunk, so a chunk of several rows has at most 256 KiB. */
const MAX_CHUNK_ROWS = 500;
const HALF_CHUNK_BYTES = 131_072;

/** Writes the body of a table's trigger function, in the form of `pg_proc.prosrc`. */
export function captureBody(table: CapturedTable, ledger: string): string {
  const work = bodyOf(table, ledger);
  return `
#variable_conflict use_column
DECLARE
  origin json;
  isWhole boolean;
  wanted text;
  added text[];
  unpaired bigint;
BEGIN
${table.onCaptureFailure === 'fail' ? work : passing(work, table, ledger)}
  RETURN NULL;
END `;
}

function sourceOf({ schema, name, resource, key, facts, redacted, digested, asText }: CapturedTable): string {
  return literal(JSON.stringify({ schema, table: name, resource, key, facts, redacted, digested, asText }));
}

/** The SQL that differs between a plain statement, and a statement that the trigger function completes and executes. */
interface Way {
  readonly table: CapturedTable;
  readonly ledger: string;
  readonly imagesOf: (rows: string) => string;
  readonly origin: string;
  readonly operation: string;
  /** Added and renamed columns; absent if the table has exactly the columns for which the function was generated. */
  readonly added?: string;
}

function plainWay(table: CapturedTable, ledger: string): Way {
  return { table, ledger, imagesOf: (rows) => imagesOf(table, ledger, rows), origin: 'origin', operation: 'TG_OP' };
}

function inBothWays(table: CapturedTable, ledger: string, statementOf: (way: Way) => string, into = ''): string {
  const plain = statementOf(plainWay(table, ledger));
  const completed = { table, ledger, imagesOf: completedImages, origin: '$1', operation: '$2', added: '$3' };
  return `    IF isWhole THEN
      ${plain};
    ELSE
      EXECUTE replace(${literal(statementOf(completed))}, ${literal(COLUMNS_MARK)}, wanted)${into} USING origin, TG_OP, added;
    END IF;`;
}

function bodyOf(table: CapturedTable, ledger: string): string {
  const chunks = (side: Side): string =>
    inBothWays(table, ledger, (way) => insertChunks(way, lines(way, [side], images(way, [side])), side.rows));
  return `  IF TG_OP = 'TRUNCATE' THEN
${truncation(table, ledger)}
    RETURN NULL;
  END IF;
  IF ${IS_RENAMED_SINCE} THEN
    RAISE EXCEPTION 'Cannot capture the changes of %: its columns got other names since this transaction began.', TG_RELID::regclass
      USING ERRCODE = 'serialization_failure', HINT = 'Try the transaction again.';
  END IF;
  -- Most statements change one row. One statement captures it, since each costs more than all that it computes.
  IF TG_OP = 'UPDATE' THEN
    ${oneRow(table, ledger, 'UPDATE')}
    IF FOUND OR NOT EXISTS (SELECT FROM old_rows) AND NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
    isWhole := ${isKnown(table, 'new_rows')};
  ELSIF TG_OP = 'INSERT' THEN
    ${oneRow(table, ledger, 'INSERT')}
    IF FOUND OR NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
    isWhole := ${isKnown(table, 'new_rows')};
  ELSE
    ${oneRow(table, ledger, 'DELETE')}
    IF FOUND OR NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
    isWhole := ${isKnown(table, 'old_rows')};
  END IF;
  IF NOT isWhole THEN
    wanted := (${columnsOf(table, ledger, 'TG_RELID', 'TG_ARGV[0]::jsonb')});
    added := ARRAY(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped
                      AND (a.attname <> ALL (${listOf(table.shape.map(({ name }) => name))}) OR NOT ${IS_IN_LAYOUT}));
  END IF;
  origin := ${originOf(table)};
  IF TG_OP = 'INSERT' THEN
${chunks(AFTER)}
  ELSIF TG_OP = 'DELETE' THEN
${chunks(BEFORE)}
  ELSE
${update(table, ledger)}
  END IF;`;
}

function isKnown(table: CapturedTable, rows: string): string {
  return `coalesce(${isOfShape(table, rows)} AND ${IS_LAID_OUT}, false)`;
}

interface Side {
  readonly name: 'b' | 'a';
  readonly rows: 'old_rows' | 'new_rows';
}

const BEFORE: Side = { name: 'b', rows: 'old_rows' };
const AFTER: Side = { name: 'a', rows: 'new_rows' };
const BOTH = [BEFORE, AFTER];

function images(way: Way, sides: readonly Side[], condition = ''): string {
  const selected = sides.map(({ name }) => `side_${name}.image AS ${name}`);
  const from = sides.map(({ name, rows }) => `${way.imagesOf(rows)} side_${name}`);
  return withTexts(`SELECT ${selected.join(', ')} FROM ${from.join(', ')}${condition}`, sides);
}

/** The text of an image is used for the event, for the digest, and for comparing the row before and after the change. */
function withTexts(select: string, sides: readonly Side[] = BOTH): string {
  const texts = sides.map(({ name }) => `x.${name}::text AS ${name}_text`);
  return `(SELECT x.*, ${texts.join(', ')} FROM (${select} OFFSET 0) x OFFSET 0) j`;
}

function oneRow(table: CapturedTable, ledger: string, operation: 'INSERT' | 'UPDATE' | 'DELETE'): string {
  const sides = { INSERT: [AFTER], UPDATE: BOTH, DELETE: [BEFORE] }[operation];
  const counted = operation === 'INSERT' ? AFTER.rows : BEFORE.rows;
  const way = plainWay(table, ledger);
  const condition = ` WHERE NOT EXISTS (SELECT FROM ${counted} OFFSET 1) AND ${isKnown(table, counted)}`;
  return `INSERT INTO ${quote(ledger)}.audit_row_change (operation, source, origin, statement_rows, changes, lines)
    SELECT '${operation}', ${sourceOf(table)}, ${originOf(table)}, 1, 1, '[' || ${line(way, sides)} || ']'
      FROM ${images(way, sides, condition)}${operation === 'UPDATE' ? ' WHERE j.b_text <> j.a_text' : ''};`;
}

/** Rows with a changed key are paired by their order, which is the same on both sides. */
function update(table: CapturedTable, ledger: string): string {
  const changed = (way: Way, from: string): string =>
    lines(way, BOTH, `${from} WHERE j.b_text IS DISTINCT FROM j.a_text`);
  const numbered = (way: Way, rows: string): string =>
    `(SELECT s.image, row_number() OVER () AS nth FROM ${way.imagesOf(rows)} s OFFSET 0)`;
  if (table.key.length === 0) {
    return inBothWays(table, ledger, (way) => {
      const [olds, news] = [numbered(way, 'old_rows'), numbered(way, 'new_rows')];
      const paired = withTexts(`SELECT o.image AS b, n.image AS a FROM ${olds} o FULL JOIN ${news} n ON o.nth = n.nth`);
      return insertChunks(way, changed(way, paired), 'new_rows');
    });
  }
  const same = (left: string, right: string): string =>
    table.key
      .map((column) => `${left}.image -> ${literal(column)} = ${right}.image -> ${literal(column)}`)
      .join(' AND ');
  const pairing = (way: Way): string => {
    const [olds, news] = ['old_rows', 'new_rows'].map(
      (rows) => `(SELECT s.image FROM ${way.imagesOf(rows)} s OFFSET 0)`,
    );
    const paired = withTexts(
      `SELECT o.image AS b, n.image AS a FROM ${olds} o FULL JOIN ${news} n ON ${same('o', 'n')}`,
    );
    return insertChunks(way, changed(way, paired), 'new_rows', { unpaired: true });
  };
  // A full join never becomes a nested loop, so a plan made for one row also suits 100,000 rows.
  const left = (
    rows: string,
    others: string,
  ): string => `(SELECT m.image, row_number() OVER (ORDER BY m.nth) AS place, count(*) OVER () AS among
                     FROM ${rows} m FULL JOIN ${others} t ON ${same('m', 't')} WHERE t.nth IS NULL)`;
  const rekeyed = withTexts(
    `SELECT o.image AS b, n.image AS a FROM ${left('olds', 'news')} o FULL JOIN ${left('news', 'olds')} n
                     ON o.place = n.place AND o.among = n.among`,
  );
  const stored = (way: Way, into: string): string => `WITH stored AS (
      ${pairing(way)}
      RETURNING audit_row_change.unpaired)
      SELECT sum(stored.unpaired)${into} FROM stored`;
  const pairingLeft = (way: Way): string =>
    `WITH olds AS MATERIALIZED ${numbered(way, 'old_rows')}, news AS MATERIALIZED ${numbered(way, 'new_rows')}
      ${insertChunks(way, lines(way, BOTH, rekeyed), 'new_rows')}`;
  return `${inBothWays(table, ledger, (way) => stored(way, way.added === undefined ? ' INTO unpaired' : ''), ' INTO unpaired')}
    IF unpaired > 0 THEN
  ${inBothWays(table, ledger, pairingLeft)}
    END IF;`;
}

function truncation(table: CapturedTable, ledger: string): string {
  const { truncate, schema, name } = table;
  if (truncate === 'refuse') {
    return `    RAISE EXCEPTION 'Cannot truncate %: its row changes are captured.', TG_RELID::regclass
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Use DELETE, or set truncate: ''record'' in the rules of ${nameOf({ schema, name }).replaceAll("'", "''")} and run "nestjs-audit-ledger capture generate".';`;
  }
  return `    EXECUTE format('SELECT count(*) FROM %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO unpaired;
    origin := ${originOf(table)};
    INSERT INTO ${quote(ledger)}.audit_row_change (operation, source, origin, statement_rows, changes, lines)
    VALUES (TG_OP, ${sourceOf(table)}, origin, unpaired, 1, '[]');`;
}

/** The drain verifies the context's signature later, because a check in the trigger would slow each change. */
function originOf(table: TableName): string {
  return `json_build_object('context', current_setting('audit.context', true), 'role', session_user, 'actingAs', current_setting('role'),
    'application', current_setting('application_name'), 'address', host(inet_client_addr()), 'pid', pg_backend_pid(), 'depth', pg_trigger_depth(),
    'partition', CASE WHEN TG_TABLE_NAME <> ${literal(table.name)} OR TG_TABLE_SCHEMA <> ${literal(table.schema)}
                      THEN format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME) END)`;
}

function shown({ table, ledger, added }: Way, of: string): string {
  const { redacted, digested, asText, lists, nestedKeys } = table;
  const salt = `${quote(ledger)}.audit_row_salt()`;
  const hidden = `${listOf(digested)}${added === undefined ? '' : ` || ${added}::text[]`}`;
  const nested = nestedKeys.map((name) => [name, nestedAsText(`${of} -> ${literal(name)}`)]);
  const masks = `${quote(ledger)}.audit_row_masks(${of}, ${listOf(redacted)}, ${hidden}, ${listOf(asText)}, ${salt})`;
  const slow = `(${[of, masks, ...objectsOf(nested)].join(' || ')})::text`;
  const masked = [...redacted, ...digested, ...asText];
  const pairs = [
    ...redacted.map((name) => [name, `CASE WHEN ${of} ->> ${literal(name)} IS NOT NULL THEN '[REDACTED]' END`]),
    ...digested.map((name) => [
      name,
      `'sha256:' || encode(sha256(${salt} || convert_to(${of} ->> ${literal(name)}, 'UTF8')), 'hex')`,
    ]),
    ...asText.map((name) => [
      name,
      lists.includes(name) ? listAsText(`${of} -> ${literal(name)}`) : `${of} ->> ${literal(name)}`,
    ]),
    ...nested,
  ];
  const fast = pairs.length === 0 ? `${of}_text` : `(${[of, ...objectsOf(pairs)].join(' || ')})::text`;
  // The fast expression can exceed PostgreSQL's limit for arguments, and would add columns that no longer exist.
  return masked.length > 50 || added !== undefined ? slow : fast;
}

function objectsOf(pairs: readonly (readonly string[])[]): readonly string[] {
  const members = pairs.map(([name = '', value = '']) => `${literal(name)}, ${value}`);
  return members.length === 0 ? [] : [`jsonb_build_object(${members.join(', ')})`];
}

/** A number becomes a text if it may have trailing zeros, or too many digits for JavaScript. */
function nestedAsText(value: string): string {
  const isExact = `(${value})::text ~ ${literal('[0-9.]{16}|[.][0-9]*0(?![0-9])')}`;
  return `CASE WHEN jsonb_typeof(${value}) <> 'string' AND ${isExact} THEN to_jsonb((${value})::text) ELSE ${value} END`;
}

/** Converts a list of numbers, of any dimension, to a list of texts. A list that was shortened is already a text, which stays unchanged. */
export function listAsText(list: string): string {
  const texts = `regexp_replace((${list})::text, '-?[0-9][0-9.]*', ${literal('"\\&"')}, 'g')::jsonb`;
  return `CASE jsonb_typeof(${list}) WHEN 'array' THEN ${texts} ELSE ${list} END`;
}

function lines(way: Way, sides: readonly Side[], from: string): string {
  const isUnpaired = sides.length === 1 ? 'false' : 'j.b IS NULL OR j.a IS NULL';
  return `SELECT row_number() OVER () AS nth, ${isUnpaired} AS is_unpaired, ${line(way, sides)} AS line
        FROM ${from} OFFSET 0`;
}

function line(way: Way, sides: readonly Side[]): string {
  const { table, ledger } = way;
  const imageOf = (side: Side): string =>
    sides.includes(side) ? `coalesce(${shown(way, `j.${side.name}`)}, 'null')` : `'null'`;
  const digestOf = (...texts: readonly string[]): string =>
    `encode(sha256(${quote(ledger)}.audit_row_salt() || convert_to(coalesce(${texts.join(', ')}), 'UTF8')), 'hex')`;
  const digest = digestOf(...sides.toReversed().map(({ name }) => `j.${name}_text`));
  const secrets = table.redacted
    .map(literal)
    .map((name) => `CASE WHEN j.b -> ${name} IS DISTINCT FROM j.a -> ${name} THEN ${name} END`);
  const isUpdate = sides.length > 1;
  const changed =
    isUpdate && secrets.length > 0
      ? `array_to_json(array_remove(ARRAY[${secrets.join(', ')}]::text[], NULL))::text`
      : `'[]'`;
  const more = isUpdate && table.hasParts ? `,"' || ${digestOf('j.b_text', `''`)} || '"` : '';
  return `'[' || ${imageOf(BEFORE)} || ',' || ${imageOf(AFTER)} || ',"' || ${digest} || '",' || ${changed} || '${more}]'`;
}

function insertChunks(way: Way, from: string, rows: Side['rows'], { unpaired = false } = {}): string {
  const { table, ledger } = way;
  const only = unpaired ? ' FILTER (WHERE NOT m.is_unpaired)' : '';
  const counted = unpaired ? `count(*) FILTER (WHERE m.is_unpaired)` : '0';
  return `INSERT INTO ${quote(ledger)}.audit_row_change (operation, source, origin, statement_rows, changes, unpaired, lines)
      SELECT ${way.operation}, ${sourceOf(table)}::json, ${way.origin}, (SELECT count(*) FROM ${rows}), count(*)${only}, ${counted},
             '[' || coalesce(string_agg(m.line, ',' ORDER BY m.nth)${only}, '') || ']'
        FROM (SELECT l.nth, l.is_unpaired, l.line, octet_length(l.line) AS bytes,
                     sum(octet_length(l.line)) OVER (ROWS UNBOUNDED PRECEDING) AS total
                FROM (${from}) l) m
       GROUP BY (m.nth - 1) / ${MAX_CHUNK_ROWS}, m.total / ${HALF_CHUNK_BYTES}, CASE WHEN m.bytes >= ${HALF_CHUNK_BYTES} THEN m.nth END
       ORDER BY min(m.nth)`;
}

/** Lets a statement pass although its capture failed, and tries to store a row that reports the failure. */
function passing(work: string, table: CapturedTable, ledger: string): string {
  return `  BEGIN
${work}
  EXCEPTION WHEN OTHERS THEN
    IF TG_OP = 'TRUNCATE' THEN RAISE; END IF;
    BEGIN
      INSERT INTO ${quote(ledger)}.audit_row_change (operation, source, origin, statement_rows, changes, lines)
      VALUES ('FAILED', ${sourceOf(table)}, json_build_object('role', session_user, 'operation', TG_OP, 'sqlState', SQLSTATE), 0, 1, '[]');
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'Cannot capture the changes of %, nor report it: %', TG_RELID::regclass, SQLERRM;
    END;
  END;`;
}
