import { entityAudited, entityAuditing, entityBare, transactionAudited, transactionBare } from './entities.mjs';
import { durable, transactional, web, worker } from './ours.mjs';
import { bare } from './plain.mjs';
import { insert, save } from './team.mjs';

/** Ends the name of a contender that runs from another build. */
const BEFORE = '-before';

/** Returns the name of the same contender from another build. */
export const nameBefore = (name) => `${name}${BEFORE}`;

/** Returns the name by which this build knows a contender from any build. */
export const getKind = (name) => name.replace(BEFORE, '');

/**
 * The applications that are measured, by name. Each has its root module, and the table in which every answered request must have a row. A
 * companion is another process on the same database, whose cost counts, too.
 */
export const CONTENDERS = {
  bare: { module: bare },
  durable: { module: durable, table: 'audit_event' },
  web: { module: web, table: 'audit_event', companion: 'worker' },
  worker: { module: worker },
  transactional: { module: transactional, table: 'audit_event' },
  insert: { module: insert, table: 'team_audit' },
  save: { module: save, table: 'team_audit' },
  'entity-bare': { module: entityBare, table: 'purchase_order' },
  'entity-auditing': { module: entityAuditing, table: 'purchase_order_history' },
  'entity-audited': { module: entityAudited, table: 'audit_event' },
  'transaction-bare': { module: transactionBare, table: 'purchase_order' },
  'transaction-audited': { module: transactionAudited, table: 'audit_event' },
};
