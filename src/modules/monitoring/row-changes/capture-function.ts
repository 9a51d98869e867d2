import { quote } from '../../../../migrations/audit-ownership.js';
import { nameOf, type CapturedTable, type CaptureSetting, type TableName } from './captured-table.js';
import { listOf, literal } from './sql-text.js';

/** Of the rows of one chunk: those of 128 KiB or more have a chunk of their own, so no chunk of several exceeds 256 KiB. */
const MAX_CHUNK_ROWS = 500;
const HALF_CHUNK_BYTES = 131_072;

/** What a function runs with, so that the same value is always written as the same text, no matter who changes it. */
const SETTINGS: readonly CaptureSetting[] = [
  ['search_path', 'pg_catalog, pg_temp'],
  ['"TimeZone"', `'UTC'`],
  ['"DateStyle"', `'ISO, YMD'`],
  ['"IntervalStyle"', `'iso_8601'`],
  ['bytea_output', `'hex'`],
  ['extra_float_digits', '1'],
  // One plan is kept for the session. Else, after a statement that changed many rows, each change of one row is planned again.
  ['plan_cache_mode', 'force_generic_plan'],
  ['jit', 'off'],
];

/** The clauses of a table's function. */
export function settingClauses({ settings }: CapturedTable): string {
  return [...SETTINGS, ...settings].map(([name, value]) => `  SET ${name} = ${value}`).join('\n');
}

/** The same as `pg_proc.proconfig` has them. */
export function storedSettings({ settings }: CapturedTable): readonly string[] {
  return [...SETTINGS, ...settings].map(([name, value]) => `${name.replaceAll('"', '')}=${value.replaceAll("'", '')}`);
}

/** The body of a table's function, as `pg_proc.prosrc` has it. */
export function captureBody(table: CapturedTable, ledger: string): string {
  const work = bodyOf(table, ledger);
  return `
DECLARE
  origin json;
  sample jsonb;
  previous jsonb;
  seen bigint;
  gone bigint := 1;
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

function bodyOf(table: CapturedTable, ledger: string): string {
  return `  IF TG_OP = 'TRUNCATE' THEN
${truncation(table, ledger)}
    RETURN NULL;
  END IF;
  -- Most statements change one row. One statement captures it, since each costs more than all that it computes.
  IF TG_OP = 'UPDATE' THEN
    ${oneRow(table, ledger, 'UPDATE')}
    IF FOUND THEN RETURN NULL; END IF;
    SELECT (SELECT ${imageOf(table)} FROM new_rows r LIMIT 1), (SELECT ${imageOf(table)} FROM old_rows r LIMIT 1),
           (SELECT count(*) FROM new_rows), (SELECT count(*) FROM old_rows)
      INTO sample, previous, seen, gone;
    IF seen = 1 AND gone = 1 AND previous::text = sample::text THEN RETURN NULL; END IF; -- only ignored columns changed, or none
    IF seen = 0 THEN sample := previous; END IF; -- a trigger of another partition can refuse a row that moves
  ELSIF TG_OP = 'INSERT' THEN
    ${oneRow(table, ledger, 'INSERT')}
    IF FOUND THEN RETURN NULL; END IF;
    SELECT ${imageOf(table)} INTO sample FROM new_rows r LIMIT 1;
  ELSE
    ${oneRow(table, ledger, 'DELETE')}
    IF FOUND THEN RETURN NULL; END IF;
    SELECT ${imageOf(table)} INTO sample FROM old_rows r LIMIT 1;
  END IF;
  IF sample IS NULL THEN RETURN NULL; END IF; -- no row was changed
  IF sample - ${listOf(table.columns)} <> '{}' THEN
    added := ARRAY(SELECT jsonb_object_keys(sample - ${listOf(table.columns)}));
  END IF;
  origin := ${originOf(table)};
  IF TG_OP = 'INSERT' THEN
    ${insertChunks(table, ledger, lines(table, ledger, { after: 'j.a' }, images(table, [AFTER])), 'new_rows')};
  ELSIF TG_OP = 'DELETE' THEN
    ${insertChunks(table, ledger, lines(table, ledger, { before: 'j.b' }, images(table, [BEFORE])), 'old_rows')};
  ELSE
${update(table, ledger)}
  END IF;`;
}

interface Side {
  readonly name: 'b' | 'a';
  readonly rows: 'old_rows' | 'new_rows';
}

const BEFORE: Side = { name: 'b', rows: 'old_rows' };
const AFTER: Side = { name: 'a', rows: 'new_rows' };

/** The images of a row by the names of the sides, each with its text: `a` and `a_text`. */
function images(table: CapturedTable, sides: readonly Side[], condition = ''): string {
  const selected = sides.map(({ name }) => `${imageOf(table, name)} AS ${name}`);
  const from = sides.map(({ name, rows }) => `${rows} ${name}`);
  return withTexts(`SELECT ${selected.join(', ')} FROM ${from.join(', ')}${condition}`, sides);
}

/** Each image is written as text once: for its event, for its digest, and to see whether it changed. */
function withTexts(select: string, sides: readonly Side[] = [BEFORE, AFTER]): string {
  const texts = sides.map(({ name }) => `x.${name}::text AS ${name}_text`);
  return `(SELECT x.*, ${texts.join(', ')} FROM (${select} OFFSET 0) x OFFSET 0) j`;
}

/**
 * Stores a change if its statement changed one row, whose columns are all known. Also where the key changed: what was before is
 * what is now. An update has no more new rows than old ones.
 */
function oneRow(table: CapturedTable, ledger: string, operation: 'INSERT' | 'UPDATE' | 'DELETE'): string {
  const sides = { INSERT: [AFTER], UPDATE: [BEFORE, AFTER], DELETE: [BEFORE] }[operation];
  const image = operation === 'DELETE' ? 'j.b' : 'j.a';
  const counted = operation === 'INSERT' ? AFTER.rows : BEFORE.rows;
  const masked = [...table.redacted, ...table.digested, ...table.asText];
  const conditions = [
    operation === 'UPDATE' ? 'j.b_text <> j.a_text' : [],
    `${image} - ${listOf(table.columns)} = '{}'`,
    masked.length > 0 ? `${image} ?& ${listOf(masked)}` : [], // a column that was dropped is in no image
  ];
  const given = { ...(operation !== 'INSERT' && { before: 'j.b' }), ...(operation !== 'DELETE' && { after: 'j.a' }) };
  return `INSERT INTO ${quote(ledger)}.audit_row_change (operation, source, origin, statement_rows, changes, lines)
    SELECT '${operation}', ${sourceOf(table)}, ${originOf(table)}, 1, 1, '[' || ${line(table, ledger, given, true)} || ']'
      FROM ${images(table, sides, ` WHERE NOT EXISTS (SELECT FROM ${counted} OFFSET 1)`)}
     WHERE ${conditions.flat().join(' AND ')};`;
}

/** Old and new rows belong together by the key. Those whose key changed are paired by their order, which a statement keeps. */
function update(table: CapturedTable, ledger: string): string {
  const both = { before: 'j.b', after: 'j.a' };
  const changed = (from: string): string =>
    lines(table, ledger, both, `${from} WHERE j.b_text IS DISTINCT FROM j.a_text`);
  const olds = `(SELECT ${imageOf(table)} AS image, row_number() OVER () AS nth FROM old_rows r OFFSET 0)`;
  const news = `(SELECT ${imageOf(table)} AS image, row_number() OVER () AS nth FROM new_rows r OFFSET 0)`;
  if (table.key.length === 0) {
    const paired = withTexts(`SELECT o.image AS b, n.image AS a FROM ${olds} o FULL JOIN ${news} n ON o.nth = n.nth`);
    return `    ${insertChunks(table, ledger, changed(paired), 'new_rows')};`;
  }
  const same = (left: string, right: string): string =>
    table.key
      .map((column) => `${left}.image -> ${literal(column)} = ${right}.image -> ${literal(column)}`)
      .join(' AND ');
  const imagesOf = (rows: string): string => `(SELECT ${imageOf(table)} AS image FROM ${rows} r OFFSET 0)`;
  const paired = withTexts(
    `SELECT o.image AS b, n.image AS a FROM ${imagesOf('old_rows')} o FULL JOIN ${imagesOf('new_rows')} n ON ${same('o', 'n')}`,
  );
  // A full join, since it never compares each row with each: a plan made for one row must suit 100,000.
  const left = (
    rows: string,
    others: string,
  ): string => `(SELECT m.image, row_number() OVER (ORDER BY m.nth) AS place, count(*) OVER () AS among
                     FROM ${rows} m FULL JOIN ${others} t ON ${same('m', 't')} WHERE t.nth IS NULL)`;
  const rekeyed = withTexts(
    `SELECT o.image AS b, n.image AS a FROM ${left('olds', 'news')} o FULL JOIN ${left('news', 'olds')} n
                     ON o.place = n.place AND o.among = n.among`,
  );
  return `    WITH stored AS (
    ${insertChunks(table, ledger, changed(paired), 'new_rows', { unpaired: true })}
    RETURNING audit_row_change.unpaired)
    SELECT sum(stored.unpaired) INTO unpaired FROM stored;
    IF unpaired > 0 THEN
      WITH olds AS MATERIALIZED ${olds}, news AS MATERIALIZED ${news}
      ${insertChunks(table, ledger, lines(table, ledger, both, rekeyed), 'new_rows')};
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

/** Who changed what, as the database knows it. The drain checks who signed the context: here, each change would pay for it. */
function originOf(table: TableName): string {
  return `json_build_object('context', current_setting('audit.context', true), 'role', session_user, 'actingAs', current_setting('role'),
    'application', current_setting('application_name'), 'address', host(inet_client_addr()), 'pid', pg_backend_pid(), 'depth', pg_trigger_depth(),
    'partition', CASE WHEN TG_TABLE_NAME <> ${literal(table.name)} OR TG_TABLE_SCHEMA <> ${literal(table.schema)}
                      THEN format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME) END)`;
}

/** A row without its ignored columns. A column can have the name of the row, so its star says that the row is meant. */
export function imageOf({ ignored }: CapturedTable, row = 'r'): string {
  const image = `to_jsonb(${row}.*)`;
  return ignored.length === 0 ? image : `${image} - ${listOf(ignored)}`;
}

/** What leaves the trigger of an image, as text: secrets masked, digests made. */
function shown(
  { redacted, digested, asText, lists }: CapturedTable,
  ledger: string,
  of: string,
  isOne: boolean,
): string {
  const salt = `${quote(ledger)}.audit_row_salt()`;
  const slow = `(${of} || ${quote(ledger)}.audit_row_masks(${of}, ${listOf(redacted)}, ${listOf(digested)} || coalesce(added, '{}'), ${listOf(asText)}, ${salt}))::text`;
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
  ];
  const fast =
    pairs.length === 0
      ? `${of}_text`
      : `(${of} || jsonb_build_object(${pairs.map(([name = '', value = '']) => `${literal(name)}, ${value}`).join(', ')}))::text`;
  if (masked.length > 50) return slow; // more pairs would exceed the arguments of a function
  if (isOne) return fast;
  // A column that was dropped is in no image.
  const isWhole = masked.length === 0 ? '' : ` AND ${of} ?& ${listOf(masked)}`;
  return `CASE WHEN added IS NULL${isWhole} THEN ${fast} ELSE ${slow} END`;
}

/** A list of numbers, also of several dimensions, as one of texts. No exponent and no name of a key is in it. */
function listAsText(list: string): string {
  return `regexp_replace((${list})::text, '-?[0-9][0-9.]*', ${literal('"\\&"')}, 'g')::jsonb`;
}

interface Sides {
  readonly before?: string;
  readonly after?: string;
}

/** A line for each change: its images, the digest of the row as it is now (or was last), and the secret columns that changed. */
function lines(table: CapturedTable, ledger: string, sides: Sides, from: string): string {
  const { before, after } = sides;
  const isUnpaired = before === undefined || after === undefined ? 'false' : `${before} IS NULL OR ${after} IS NULL`;
  return `SELECT row_number() OVER () AS nth, ${isUnpaired} AS is_unpaired, ${line(table, ledger, sides)} AS line
        FROM ${from} OFFSET 0`;
}

/** @param isOne for the row of a statement that changed one, whose columns are all there and known */
function line(table: CapturedTable, ledger: string, { before, after }: Sides, isOne = false): string {
  const side = (of: string | undefined): string =>
    of === undefined ? `'null'` : `coalesce(${shown(table, ledger, of, isOne)}, 'null')`;
  const whole = [after, before].filter((each) => each !== undefined);
  const digest = `encode(sha256(${quote(ledger)}.audit_row_salt() || convert_to(coalesce(${whole.map((each) => `${each}_text`).join(', ')}), 'UTF8')), 'hex')`;
  const changed =
    before === undefined || after === undefined || table.redacted.length === 0
      ? `''`
      : `',' || array_to_json(array_remove(ARRAY[${table.redacted
          .map(
            (name) =>
              `CASE WHEN ${before} -> ${literal(name)} IS DISTINCT FROM ${after} -> ${literal(name)} THEN ${literal(name)} END`,
          )
          .join(', ')}]::text[], NULL))::text`;
  return `'[' || ${side(before)} || ',' || ${side(after)} || ',"' || ${digest} || '"' || ${changed} || ']'`;
}

/** @param unpaired counts the lines without a before or an after, and leaves them out */
function insertChunks(
  table: CapturedTable,
  ledger: string,
  from: string,
  rows: string,
  { unpaired = false } = {},
): string {
  const only = unpaired ? ' FILTER (WHERE NOT m.is_unpaired)' : '';
  const counted = unpaired ? `count(*) FILTER (WHERE m.is_unpaired)` : '0';
  return `INSERT INTO ${quote(ledger)}.audit_row_change (operation, source, origin, statement_rows, changes, unpaired, lines)
      SELECT TG_OP, ${sourceOf(table)}::json, origin, (SELECT count(*) FROM ${rows}), count(*)${only}, ${counted},
             '[' || coalesce(string_agg(m.line, ',' ORDER BY m.nth)${only}, '') || ']'
        FROM (SELECT l.nth, l.is_unpaired, l.line, octet_length(l.line) AS bytes,
                     sum(octet_length(l.line)) OVER (ROWS UNBOUNDED PRECEDING) AS total
                FROM (${from}) l) m
       GROUP BY (m.nth - 1) / ${MAX_CHUNK_ROWS}, m.total / ${HALF_CHUNK_BYTES}, CASE WHEN m.bytes >= ${HALF_CHUNK_BYTES} THEN m.nth END
       ORDER BY min(m.nth)`;
}

/** A statement that passes though its change was not captured leaves a row that reports it, if even that can be written. */
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
