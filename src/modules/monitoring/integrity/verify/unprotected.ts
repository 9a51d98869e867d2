import type { Snapshot } from './snapshot.js';

const OWNER = `
  SELECT pg_get_userbyid(c.relowner)::text AS owner,
         (SELECT string_agg(l.rolname, ', ' ORDER BY l.rolname) FROM pg_roles l
           WHERE l.rolcanlogin AND NOT l.rolsuper AND pg_has_role(l.oid, c.relowner, 'MEMBER')) AS logins,
         c.relrowsecurity AS has_row_security
    FROM pg_class c WHERE c.oid = to_regclass('audit_event')`;

/** Of logins that can connect; an owner's rights are told of by the other statement. */
const BOTH = `
  SELECT string_agg(l.rolname, ', ' ORDER BY l.rolname) AS logins
    FROM pg_roles l, pg_class c
   WHERE c.oid = to_regclass('audit_event') AND l.rolcanlogin AND NOT l.rolsuper
     AND has_database_privilege(l.oid, current_database(), 'CONNECT') AND NOT pg_has_role(l.oid, c.relowner, 'MEMBER')
     AND 2 = (SELECT count(*) FROM pg_roles role
               WHERE role.rolname IN ('audit_writer', 'audit_sequencer') AND pg_has_role(l.oid, role.oid, 'MEMBER'))`;

const SWITCHED_OFF = `
  SELECT t.tgname::text AS name, c.relname::text AS table_name
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
   WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('audit_event'))
     AND c.relname LIKE 'audit\\_%' AND t.tgenabled IN ('D', 'R')
   ORDER BY 2, 1`;

/** What would have refused a change of the ledger, and does not: sentences. Rejects with the client's error. */
export async function findUnprotected(snapshot: Snapshot): Promise<readonly string[]> {
  const [ledger] = await snapshot.rows(OWNER);
  const logins = typeof ledger?.logins === 'string' ? ledger.logins : '';
  const [both] = await snapshot.rows(BOTH);
  const off = await snapshot.rows(SWITCHED_OFF);
  return [
    ...(logins === ''
      ? []
      : [
          `The ledger belongs to ${String(ledger?.owner)}, as whom can act: ${logins}. Such a login can switch triggers off and change the tables; what it did before a checkpoint was signed is not named. Keep the owner apart: migrate --admin-url … --repair.`,
        ]),
    ...(typeof both?.logins === 'string'
      ? [
          `These logins add events and may also seal them: ${both.logins}. Such a login can change the queue, leaves and tiles. Give the sequencer a login of its own: migrate --admin-url … --sequencer-url … --repair.`,
        ]
      : []),
    ...(ledger?.has_row_security === true
      ? []
      : ['Row-level security is off on audit_event: readers see every event. Put it back: migrate --repair.']),
    ...off.map(
      ({ name, table_name: table }) =>
        `The trigger ${String(name)} of ${String(table)} is switched off. Put it back: migrate --repair.`,
    ),
  ];
}
