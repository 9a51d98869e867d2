import { entityAudited, entityAuditing, entityBare, transactionAudited, transactionBare } from './entities.mjs';
import { buffered, durable, transactional, whyNotTransactional } from './ours.mjs';
import { bare, noop } from './plain.mjs';
import { insert, save } from './team.mjs';

/**
 * The applications that are measured, by name: their root module, whether they can run at all, and the table in which every
 * answered request must be found as a row; and whether they keep quiet about errors.
 */
export const CONTENDERS = {
  bare: { module: bare },
  noop: { module: noop },
  durable: { module: durable, table: 'audit_event' },
  'durable-changed': { module: durable, isQuiet: true }, // its table is changed behind its back, which its self-check notices
  buffered: { module: buffered, table: 'audit_event' },
  transactional: { module: transactional, table: 'audit_event', whyNot: whyNotTransactional },
  save: { module: save, table: 'team_audit' },
  insert: { module: insert, table: 'team_audit' },
  'entity-bare': { module: entityBare, table: 'purchase_order' },
  'entity-auditing': { module: entityAuditing, table: 'purchase_order_history' },
  'entity-audited': { module: entityAudited, table: 'audit_event' },
  'transaction-bare': { module: transactionBare, table: 'purchase_order' },
  'transaction-audited': { module: transactionAudited, table: 'audit_event' },
};
