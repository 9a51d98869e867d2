import { problemsOfRules, type TableRules } from './table-rules.js';
import { InvalidEntityRulesError } from '../errors/invalid-entity-rules.error.js';

/** Of both module systems: an application may load two copies of the package. */
const RULES = Symbol.for('nestjs-audit-ledger:audited-entity');

/**
 * Marks a TypeORM entity whose table's changes are captured in the database: `nestjs-audit-ledger capture generate` writes the
 * migration with its triggers. Columns are named by the entity's properties, or as the database names them.
 *
 * @param rules default: every column is captured, but those whose names look like secrets
 * @throws InvalidEntityRulesError (`AUDIT_ENTITY_RULES_INVALID`) naming every wrong rule
 */
export function AuditedEntity(rules: TableRules = {}): ClassDecorator {
  const problems = problemsOfRules(rules);
  return (target) => {
    if (problems.length > 0) throw InvalidEntityRulesError.ofEntity(target.name, problems);
    Object.defineProperty(target, RULES, { value: Object.freeze({ ...rules }) });
  };
}

/** The rules of an entity's class, its own or those it inherits; `undefined` where none is decorated. */
export function rulesOfEntity(target: unknown): TableRules | undefined {
  if (typeof target !== 'function') return undefined;
  return (target as { readonly [RULES]?: TableRules })[RULES]; // set by the decorator alone
}
