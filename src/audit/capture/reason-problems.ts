import { InvalidOptionsError } from '../errors/invalid-options.error.js';
import type { ApplicationMethod } from './application-methods.js';
import { ownReasonRule, reasonRuleOf, type AuditReasonOptions } from './audit-reason.decorator.js';
import { auditedEntries } from './audited.decorator.js';

const OPTIONS: Readonly<Record<keyof AuditReasonOptions, true>> = { header: true, body: true, required: true };

/** Lists each `@AuditReason` that has no effect or wrong options. */
export function reasonProblems(methods: readonly ApplicationMethod[]): readonly string[] {
  return [...methods.flatMap(problemsOf), ...problemsOfClasses(methods)];
}

function problemsOf({ type, method, label, isHandler }: ApplicationMethod): readonly string[] {
  const own = ownReasonRule(method);
  const rule = own ?? (isHandler ? reasonRuleOf(type, method) : undefined);
  if (!rule) return [];
  const problems = [...ruleProblems(rule)];
  if (own && !isHandler) problems.push('it is not a handler of requests or messages');
  else if (own && auditedEntries(type, method).length === 0) problems.push('it has no @Audited to record the reason');
  return problems.map((problem) => `${label} has an @AuditReason that does nothing: ${problem}`);
}

function problemsOfClasses(methods: readonly ApplicationMethod[]): readonly string[] {
  const isUsed = ({ type, method, isHandler }: ApplicationMethod): boolean =>
    isHandler && auditedEntries(type, method).length > 0;
  const used = new Set(methods.filter(isUsed).map(({ type }) => type));
  return [...new Set(methods.map(({ type }) => type))]
    .filter((type) => ownReasonRule(type) !== undefined && !used.has(type))
    .map(
      (type) =>
        `${(type as { readonly name: string }).name} has an @AuditReason that does nothing: it has no @Audited handler`,
    );
}

function ruleProblems(given: AuditReasonOptions): readonly string[] {
  const { header, body, required = false }: { readonly [Name in keyof AuditReasonOptions]: unknown } = given;
  const problems = [...InvalidOptionsError.unknownOptions(given, OPTIONS)];
  if (header !== undefined && (typeof header !== 'string' || header === '')) problems.push('header is not a name');
  if (body !== undefined && (typeof body !== 'string' || body === '')) problems.push('body is not a name of a field');
  if (typeof required !== 'boolean') problems.push('required is not true or false');
  return problems;
}
