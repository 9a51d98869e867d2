import { createHash } from 'node:crypto';
import { quote } from '../../../../migrations/audit-ownership.js';
import { nameOf, type CapturedTable, type TableName } from './captured-table.js';

/** The most bytes that PostgreSQL keeps of a name. */
const MAX_NAME_BYTES = 63;

/** Of the rows of one chunk: those of 128 KiB or more have a chunk of their own, so no chunk of several exceeds 256 KiB. */
const MAX_CHUNK_ROWS = 500;
const HALF_CHUNK_BYTES = 131_072;

/** The triggers of a captured table, by what they fire on. */
export const CAPTURE_TRIGGERS = ['insert', 'update', 'delete', 'truncate'] as const;

/** What a function runs with, so that the same value is always written as the same text, no matter who changes it. */
const SETTINGS: readonly (readonly [string, string])[] = [
  ['search_path', 'pg_catalog, pg_temp'],
  ['"TimeZone"', `'UTC'`],
  ['"DateStyle"', `'ISO, YMD'`],
  ['"IntervalStyle"', `'iso_8601'`],
  ['bytea_output', `'hex'`],
  ['extra_float_digits', '1'],
  // A plan is kept for the session: one made for a row must suit 100,000.
  ['enable_nestloop', 'off'],
];

/** The clauses of a function. */
export const CAPTURE_SET = SETTINGS.map(([name, value]) => `  SET ${name} = ${value}`).join('\n');

/** The same as `pg_proc.proconfig` has them. */
export const CAPTURE_SETTINGS: readonly string[] = SETTINGS.map(
  ([name, value]) => `${name.replaceAll('"', '')}=${value.replaceAll("'", '')}`,
);

/** The name of a trigger on every captured table. */
export function triggerName(event: (typeof CAPTURE_TRIGGERS)[number]): string {
  return `row_capture_${event}`;
}

/** The function of a captured table, in the table's own schema. */
export function functionName({ name }: TableName): string {
  const whole = `row_capture_${name}`;
  if (Buffer.byteLength(whole) <= MAX_NAME_BYTES) return whole;
  return `row_capture_${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
}

/**
 * The statements that capture a table's changes from now on, in one transaction. Run again, they replace what they made.
 *
 * @param ledger the schema of the ledger
 */
export function captureStatements(table: CapturedTable, ledger: string): readonly string[] {
  const fn = `${quote(table.schema)}.${quote(functionName(table))}`;
  return [
    checkRights(ledger),
    `CREATE OR REPLACE FUNCTION ${fn}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER\n${CAPTURE_SET}\nAS $row_capture$${captureBody(table, ledger)}$row_capture$`,
    `REVOKE ALL ON FUNCTION ${fn}() FROM PUBLIC`,
    `COMMENT ON FUNCTION ${fn}() IS ${literal(describeCapture(table))}`,
    ...[table, ...table.heirs].flatMap((each) => triggerStatements(each, fn)),
  ];
}

/** The statements that end the capture of a table. */
export function endCaptureStatements(table: TableName & { readonly heirs?: readonly TableName[] }): readonly string[] {
  const triggers = [table, ...(table.heirs ?? [])].flatMap((each) =>
    CAPTURE_TRIGGERS.map((event) => `DROP TRIGGER IF EXISTS ${triggerName(event)} ON ${onTable(each)}`),
  );
  return [...triggers, `DROP FUNCTION IF EXISTS ${quote(table.schema)}.${quote(functionName(table))}()`];
}

/** What the function's comment says of it: what it was generated for. */
export function describeCapture({ columns, redacted, digested, ignored, key, secretByName }: CapturedTable): string {
  return JSON.stringify({ columns, key, redacted, digested, ignored, secretByName });
}

function onTable({ schema, name }: TableName): string {
  return `${quote(schema)}.${quote(name)}`;
}

function triggerStatements(table: TableName, fn: string): readonly string[] {
  const on = onTable(table);
  const made = {
    insert: 'AFTER INSERT ON $ REFERENCING NEW TABLE AS new_rows',
    update: 'AFTER UPDATE ON $ REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows',
    delete: 'AFTER DELETE ON $ REFERENCING OLD TABLE AS old_rows',
    truncate: 'BEFORE TRUNCATE ON $',
  };
  return CAPTURE_TRIGGERS.flatMap((event) => [
    `DROP TRIGGER IF EXISTS ${triggerName(event)} ON ${on}`,
    `CREATE TRIGGER ${triggerName(event)} ${made[event].replace('$', () => on)} FOR EACH STATEMENT EXECUTE FUNCTION ${fn}()`,
    // Also where a session replicates, which switches other triggers off.
    `ALTER TABLE ONLY ${on} ENABLE ALWAYS TRIGGER ${triggerName(event)}`,
  ]);
}

/** The function runs as the role that creates it. Without this right, each change of the table would fail. */
function checkRights(ledger: string): string {
  const outbox = `${quote(ledger)}.audit_row_change`;
  return `DO $row_capture$ BEGIN
  IF NOT has_schema_privilege(${literal(ledger)}, 'USAGE') OR NOT has_table_privilege(${literal(outbox)}, 'INSERT') THEN
    RAISE EXCEPTION 'Cannot capture row changes: % may not write to the outbox of the ledger.', current_user
      USING ERRCODE = 'insufficient_privilege', HINT = format('Run as the owner of the ledger: GRANT audit_writer TO %I;', current_user);
  END IF;
END $row_capture$`;
}

/** The body of a table's function, as `pg_proc.prosrc` has it. */
export function captureBody(table: CapturedTable, ledger: string): string {
  const work = bodyOf(table, ledger);
  return `
DECLARE
  known CONSTANT text[] := ${listOf(table.columns)};
  source CONSTANT jsonb := ${literal(JSON.stringify(sourceOf(table)))}::jsonb;
  origin jsonb;
  sample jsonb;
  previous jsonb;
  seen bigint;
  gone bigint := 1;
  salt bytea;
  added text[];
  unpaired bigint;
BEGIN
${table.onCaptureFailure === 'fail' ? work : passing(work, ledger)}
  RETURN NULL;
END `;
}

function sourceOf({ schema, name, resource, key, facts, redacted, digested, asText }: CapturedTable): object {
  return { schema, table: name, resource, key, facts, redacted, digested, asText };
}

function bodyOf(table: CapturedTable, ledger: string): string {
  const outbox = `${quote(ledger)}.audit_row_change`;
  const salt = `${quote(ledger)}.audit_row_salt`;
  return `  IF TG_OP = 'TRUNCATE' THEN
${truncation(table, ledger, outbox)}
    RETURN NULL;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    SELECT (SELECT ${imageOf(table)} FROM new_rows r LIMIT 1), (SELECT ${imageOf(table)} FROM old_rows r LIMIT 1),
           (SELECT count(*) FROM new_rows), (SELECT count(*) FROM old_rows), (SELECT s.salt FROM ${salt} s)
      INTO sample, previous, seen, gone, salt;
    IF seen = 1 AND gone = 1 AND previous = sample THEN RETURN NULL; END IF; -- only ignored columns changed, or none
    IF seen = 0 THEN sample := previous; END IF; -- a trigger of another partition can refuse a row that moves
  ELSIF TG_OP = 'INSERT' THEN
    SELECT ${imageOf(table)}, (SELECT count(*) FROM new_rows), (SELECT s.salt FROM ${salt} s) INTO sample, seen, salt FROM new_rows r;
  ELSE
    SELECT ${imageOf(table)}, (SELECT count(*) FROM old_rows), (SELECT s.salt FROM ${salt} s) INTO sample, seen, salt FROM old_rows r;
  END IF;
  IF sample IS NULL THEN RETURN NULL; END IF; -- no row was changed
  IF sample - known <> '{}' THEN
    added := ARRAY(SELECT jsonb_object_keys(sample - known));
  END IF;
  ${setOrigin(table, ledger)}
  IF seen = 1 AND gone = 1 THEN -- most statements change one row: no plan of many is needed
    ${oneRow(table, ledger, outbox)}
    RETURN NULL;
  END IF;
  IF TG_OP = 'INSERT' THEN
    ${insertChunks(outbox, lines(table, ledger, { after: 'i.image' }, `(SELECT ${imageOf(table)} AS image FROM new_rows r OFFSET 0) i`), 'new_rows')};
  ELSIF TG_OP = 'DELETE' THEN
    ${insertChunks(outbox, lines(table, ledger, { before: 'i.image' }, `(SELECT ${imageOf(table)} AS image FROM old_rows r OFFSET 0) i`), 'old_rows')};
  ELSE
${update(table, ledger, outbox)}
  END IF;`;
}

/** Also where the key changed: what was before is what is now. */
function oneRow(table: CapturedTable, ledger: string, outbox: string): string {
  const insert = (sides: Sides): string =>
    `INSERT INTO ${outbox} (operation, source, origin, statement_rows, changes, lines)
      VALUES (TG_OP, source, origin, 1, 1, '[' || ${line(table, ledger, sides)} || ']');`;
  return `IF TG_OP = 'UPDATE' THEN
      ${insert({ before: 'previous', after: 'sample' })}
    ELSIF TG_OP = 'INSERT' THEN
      ${insert({ after: 'sample' })}
    ELSE
      ${insert({ before: 'sample' })}
    END IF;`;
}

/** Old and new rows belong together by the key. Those whose key changed are paired by their order, which a statement keeps. */
function update(table: CapturedTable, ledger: string, outbox: string): string {
  const both = { before: 'j.b', after: 'j.a' };
  const olds = `(SELECT ${imageOf(table)} AS image, row_number() OVER () AS nth FROM old_rows r OFFSET 0)`;
  const news = `(SELECT ${imageOf(table)} AS image, row_number() OVER () AS nth FROM new_rows r OFFSET 0)`;
  if (table.key.length === 0) {
    const paired = `(SELECT o.image AS b, n.image AS a FROM ${olds} o FULL JOIN ${news} n ON o.nth = n.nth
                      WHERE o.image IS DISTINCT FROM n.image OFFSET 0) j`;
    return `    ${insertChunks(outbox, lines(table, ledger, both, paired), 'new_rows')};`;
  }
  const same = (left: string, right: string): string =>
    table.key
      .map((column) => `${left}.image -> ${literal(column)} = ${right}.image -> ${literal(column)}`)
      .join(' AND ');
  const images = (rows: string): string => `(SELECT ${imageOf(table)} AS image FROM ${rows} r OFFSET 0)`;
  const paired = `(SELECT o.image AS b, n.image AS a FROM ${images('old_rows')} o FULL JOIN ${images('new_rows')} n ON ${same('o', 'n')}
                    WHERE o.image IS DISTINCT FROM n.image OFFSET 0) j`;
  const left = (
    rows: string,
    others: string,
  ): string => `(SELECT m.image, row_number() OVER (ORDER BY m.nth) AS place, count(*) OVER () AS among
                     FROM ${rows} m WHERE NOT EXISTS (SELECT FROM ${others} t WHERE ${same('m', 't')}))`;
  const rekeyed = `(SELECT o.image AS b, n.image AS a FROM ${left('olds', 'news')} o FULL JOIN ${left('news', 'olds')} n
                     ON o.place = n.place AND o.among = n.among OFFSET 0) j`;
  return `    WITH stored AS (
    ${insertChunks(outbox, lines(table, ledger, both, paired), 'new_rows', { unpaired: true })}
    RETURNING audit_row_change.unpaired)
    SELECT sum(stored.unpaired) INTO unpaired FROM stored;
    IF unpaired > 0 THEN
      WITH olds AS MATERIALIZED ${olds}, news AS MATERIALIZED ${news}
      ${insertChunks(outbox, lines(table, ledger, both, rekeyed), 'new_rows')};
    END IF;`;
}

function truncation(table: CapturedTable, ledger: string, outbox: string): string {
  const { truncate, schema, name } = table;
  if (truncate === 'refuse') {
    return `    RAISE EXCEPTION 'Cannot truncate %: its row changes are captured.', TG_RELID::regclass
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Use DELETE, or set truncate: ''record'' in the rules of ${nameOf({ schema, name }).replaceAll("'", "''")} and run "nestjs-audit-ledger capture generate".';`;
  }
  return `    EXECUTE format('SELECT count(*) FROM %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO unpaired;
    ${setOrigin(table, ledger)}
    INSERT INTO ${outbox} (operation, source, origin, statement_rows, changes, lines)
    VALUES (TG_OP, source, origin, unpaired, 1, '[]');`;
}

/** Who changed what, as the database knows it. */
function setOrigin(table: TableName, ledger: string): string {
  return `origin := jsonb_build_object('context', ${quote(ledger)}.audit_context(), 'role', session_user, 'actingAs', current_setting('role'),
    'application', current_setting('application_name'), 'address', host(inet_client_addr()), 'pid', pg_backend_pid(),
    'partition', CASE WHEN TG_TABLE_NAME <> ${literal(table.name)} OR TG_TABLE_SCHEMA <> ${literal(table.schema)}
                      THEN format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME) END);
  IF origin ->> 'context' IS NULL THEN
    origin := origin || jsonb_build_object('contextProblem', ${quote(ledger)}.audit_context_problem());
  END IF;`;
}

/** A row without its ignored columns. */
export function imageOf({ ignored }: CapturedTable): string {
  return ignored.length === 0 ? 'to_jsonb(r)' : `to_jsonb(r) - ${listOf(ignored)}`;
}

/** What leaves the trigger of an image: secrets masked, digests made. */
function shown({ redacted, digested, asText }: CapturedTable, ledger: string, of: string): string {
  const slow = `${of} || ${quote(ledger)}.audit_row_masks(${of}, ${listOf(redacted)}, ${listOf(digested)} || coalesce(added, '{}'), ${listOf(asText)}, salt)`;
  const masked = [...redacted, ...digested, ...asText];
  const pairs = [
    ...redacted.map((name) => [name, `CASE WHEN ${of} ->> ${literal(name)} IS NOT NULL THEN '[REDACTED]' END`]),
    ...digested.map((name) => [
      name,
      `'sha256:' || encode(sha256(salt || convert_to(${of} ->> ${literal(name)}, 'UTF8')), 'hex')`,
    ]),
    ...asText.map((name) => [name, `${of} ->> ${literal(name)}`]),
  ];
  const fast =
    pairs.length === 0
      ? of
      : `${of} || jsonb_build_object(${pairs.map(([name = '', value = '']) => `${literal(name)}, ${value}`).join(', ')})`;
  // A column that was dropped is in no image. More than 50 pairs would exceed the arguments of a function.
  const isWhole = masked.length === 0 ? '' : ` AND ${of} ?& ${listOf(masked)}`;
  return masked.length > 50 ? `(${slow})` : `CASE WHEN added IS NULL${isWhole} THEN ${fast} ELSE ${slow} END`;
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

function line(table: CapturedTable, ledger: string, { before, after }: Sides): string {
  const side = (of: string | undefined): string =>
    of === undefined ? `'null'` : `coalesce((${shown(table, ledger, of)})::text, 'null')`;
  const whole = [after, before].filter((each) => each !== undefined);
  const digest = `encode(sha256(salt || convert_to(coalesce(${whole.map((each) => `${each}::text`).join(', ')}), 'UTF8')), 'hex')`;
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
function insertChunks(outbox: string, from: string, rows: string, { unpaired = false } = {}): string {
  const only = unpaired ? ' FILTER (WHERE NOT m.is_unpaired)' : '';
  const counted = unpaired ? `count(*) FILTER (WHERE m.is_unpaired)` : '0';
  return `INSERT INTO ${outbox} (operation, source, origin, statement_rows, changes, unpaired, lines)
      SELECT TG_OP, source, origin, (SELECT count(*) FROM ${rows}), count(*)${only}, ${counted},
             '[' || coalesce(string_agg(m.line, ',' ORDER BY m.nth)${only}, '') || ']'
        FROM (SELECT l.nth, l.is_unpaired, l.line, octet_length(l.line) AS bytes,
                     sum(octet_length(l.line)) OVER (ROWS UNBOUNDED PRECEDING) AS total
                FROM (${from}) l) m
       GROUP BY (m.nth - 1) / ${MAX_CHUNK_ROWS}, m.total / ${HALF_CHUNK_BYTES}, CASE WHEN m.bytes >= ${HALF_CHUNK_BYTES} THEN m.nth END
       ORDER BY min(m.nth)`;
}

/** A statement that passes though its change was not captured leaves a row that reports it, if even that can be written. */
function passing(work: string, ledger: string): string {
  return `  BEGIN
${work}
  EXCEPTION WHEN OTHERS THEN
    IF TG_OP = 'TRUNCATE' THEN RAISE; END IF;
    BEGIN
      INSERT INTO ${quote(ledger)}.audit_row_change (operation, source, origin, statement_rows, changes, lines)
      VALUES ('FAILED', source, jsonb_build_object('role', session_user, 'operation', TG_OP, 'sqlState', SQLSTATE), 0, 1, '[]');
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'Cannot capture the changes of %, nor report it: %', TG_RELID::regclass, SQLERRM;
    END;
  END;`;
}

/** A text as SQL quotes it. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/** Names as an array of SQL. */
export function listOf(names: readonly string[]): string {
  return names.length === 0 ? `'{}'::text[]` : `ARRAY[${names.map(literal).join(', ')}]::text[]`;
}
