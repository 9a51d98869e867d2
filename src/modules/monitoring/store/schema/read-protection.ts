import type { MigrationRunner } from '../../../../../migrations/audit-migration.types.js';
import { rowsOf } from './enter-schema.js';

/** What keeps a ledger as it is, of one schema, with texts that do not name the schema. */
export interface Protection {
  readonly tables: ReadonlyMap<string, ProtectedTable>;
  /** By their signature. */
  readonly functions: ReadonlyMap<string, ProtectedFunction>;
  /** Who may do what in the schema itself. */
  readonly schemaGrants: ReadonlySet<string>;
}

/** A table, or a month of one. */
export interface ProtectedTable {
  readonly owner: string;
  readonly isMonth: boolean;
  readonly hasRowSecurity: boolean;
  /** `<privilege>[ (<column>)] TO <role>`; the role is `OWNER` or `PUBLIC`, where it is that. */
  readonly grants: ReadonlySet<string>;
  readonly policies: ReadonlyMap<string, string>;
  readonly triggers: ReadonlyMap<string, ProtectedTrigger>;
}

/** A trigger; one that a month has of its parent has no definition. */
interface ProtectedTrigger {
  readonly definition: string | undefined;
  /** As `pg_trigger.tgenabled` has it. */
  readonly enabled: string;
}

/** A function of the ledger. */
interface ProtectedFunction {
  readonly owner: string;
  readonly definition: string;
  readonly grants: ReadonlySet<string>;
}

const TABLES = `
  SELECT c.oid, c.relname AS name, pg_get_userbyid(c.relowner) AS owner, c.relispartition AS is_month,
         c.relrowsecurity AS has_row_security
    FROM pg_class c WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p') AND c.relname LIKE 'audit\\_%'
   ORDER BY c.relispartition, c.relname`;

/** Who is not the owner by name; the owner's own name differs from server to server. */
const GRANT_TEXT = `
  e.privilege_type || part || ' TO ' || CASE e.grantee WHEN 0 THEN 'PUBLIC' WHEN owner THEN 'OWNER'
    ELSE quote_ident(pg_get_userbyid(e.grantee)) END AS text`;
const TABLE_GRANTS = `
  SELECT ${GRANT_TEXT}
    FROM (SELECT coalesce(relacl, acldefault('r', relowner)) AS acl, relowner AS owner, '' AS part FROM pg_class WHERE oid = $1
          UNION ALL
          SELECT a.attacl, c.relowner, format(' (%I)', a.attname) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
           WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped AND a.attacl IS NOT NULL) given,
         aclexplode(acl) e`;
const POLICIES = `
  SELECT polname AS name,
         format('AS %s FOR %s TO %s', CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', ') FROM unnest(polroles) r))
         || coalesce(' USING (' || pg_get_expr(polqual, polrelid) || ')', '')
         || coalesce(' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')', '') AS text
    FROM pg_policy WHERE polrelid = $1`;
const TRIGGERS = `
  SELECT tgname AS name, CASE tgparentid WHEN 0 THEN pg_get_triggerdef(oid, true) END AS text, tgenabled AS enabled
    FROM pg_trigger WHERE tgrelid = $1 AND (NOT tgisinternal OR tgparentid <> 0)`;
const FUNCTIONS = `
  SELECT format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)) AS name, pg_get_userbyid(p.proowner) AS owner,
         pg_get_functiondef(p.oid) AS text,
         (SELECT array_agg(g.text) FROM (
            SELECT ${GRANT_TEXT} FROM (SELECT coalesce(p.proacl, acldefault('f', p.proowner)) AS acl, p.proowner AS owner, '' AS part) given,
                   aclexplode(acl) e) g) AS grants
    FROM pg_proc p WHERE p.pronamespace = $1::regnamespace AND p.prokind = 'f' AND p.proname LIKE 'audit\\_%'`;
const SCHEMA_GRANTS = `
  SELECT e.privilege_type || ' TO ' || quote_ident(pg_get_userbyid(e.grantee)) AS text
    FROM pg_namespace n, aclexplode(n.nspacl) e WHERE n.oid = $1::regnamespace AND e.grantee <> 0 AND e.grantee <> n.nspowner`;

/** What a function's definition says in place of its schema. */
const SCHEMA_MARK = '\u0001schema\u0001';
const LITERAL_MARK = '\u0001literal\u0001';

/** Reads what protects the ledger in a schema, which is the connection's current one. Rejects with the client's error. */
export async function readProtection(runner: MigrationRunner, schema: string): Promise<Protection> {
  const [names] = await rowsOf(runner, 'SELECT quote_ident($1) AS name, quote_literal($1) AS literal', [schema]);
  const name = String(names?.name);
  const literal = String(names?.literal);
  // Where the function is, and where it looks for names. Else the current schema is named nowhere.
  const neutral = (text: unknown): string =>
    String(text)
      .replace(` FUNCTION ${name}.`, () => ` FUNCTION ${SCHEMA_MARK}.`)
      .replace(` SET search_path TO ${literal}`, () => ` SET search_path TO ${LITERAL_MARK}`);
  const tables = new Map<string, ProtectedTable>();
  for (const table of await rowsOf(runner, TABLES, [name])) {
    const texts = (query: string) => rowsOf(runner, query, [table.oid]);
    tables.set(String(table.name), {
      owner: String(table.owner),
      isMonth: table.is_month === true,
      hasRowSecurity: table.has_row_security === true,
      grants: new Set((await texts(TABLE_GRANTS)).map(({ text }) => String(text))),
      policies: new Map((await texts(POLICIES)).map((policy) => [String(policy.name), String(policy.text)])),
      triggers: new Map(
        (await texts(TRIGGERS)).map(({ name: trigger, text, enabled }) => [
          String(trigger),
          { definition: typeof text === 'string' ? text : undefined, enabled: String(enabled) },
        ]),
      ),
    });
  }
  const functions = (await rowsOf(runner, FUNCTIONS, [name])).map(
    ({ name: signature, owner, text, grants }): [string, ProtectedFunction] => [
      String(signature),
      { owner: String(owner), definition: neutral(text), grants: new Set((grants ?? []) as string[]) }, // an array of texts
    ],
  );
  const schemaGrants = new Set((await rowsOf(runner, SCHEMA_GRANTS, [name])).map(({ text }) => String(text)));
  return { tables, functions: new Map(functions), schemaGrants };
}

/** A function's definition for a schema, given as SQL quotes it as a name and as a text. */
export function inSchema(definition: string, name: string, literal: string): string {
  return definition.replaceAll(SCHEMA_MARK, () => name).replaceAll(LITERAL_MARK, () => literal);
}
