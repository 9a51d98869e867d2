import { problemsOfRules, type TableRules } from './table-rules.js';
import { InvalidEntityRulesError } from '../errors/invalid-entity-rules.error.js';

/** A global symbol, since an application may load two copies of the package. */
const RULES = Symbol.for('nestjs-audit-ledger:audited-entity');

/**
 * Marks a TypeORM entity whose table's changes are captured in the database: `nestjs-audit-ledger capture generate` writes the migration
 * with its triggers. Name columns by the entity's properties, or by their names in the database.
 *
 * @param rules default: every column is captured, except those whose names look like secrets
 * @throws InvalidEntityRulesError (`AUDIT_ENTITY_RULES_INVALID`) naming every wrong rule
 */
export function AuditedEntity(rules: TableRules = {}): ClassDecorator {
  const problems = problemsOfRules(rules);
  return (target) => {
    if (problems.length > 0) throw InvalidEntityRulesError.ofEntity(target.name, problems);
    Object.defineProperty(target, RULES, { value: Object.freeze({ ...rules }) });
  };
}

/** Returns the rules of an entity's class, its own or inherited ones; `undefined` if it is not decorated. */
export function rulesOfEntity(target: unknown): TableRules | undefined {
  if (typeof target !== 'function') return undefined;
  return (target as { readonly [RULES]?: TableRules })[RULES]; // only the decorator sets it
}
