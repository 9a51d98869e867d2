import type { AuditCoverage } from './audit-coverage.js';

const DECIDED = "@Audited or @NotAudited('reason')";

/**
 * Describes the coverage: one line if nothing is missing; else the count, and a line for each route with method, path, controller and
 * handler.
 */
export function describeCoverage({ checked, missing }: AuditCoverage): string {
  if (missing.length === 0) return `Audit coverage: routes that change state: ${checked}, each ${DECIDED}`;
  const methodWidth = Math.max(...missing.map(({ method }) => method.length));
  const pathWidth = Math.max(...missing.map(({ path }) => path.length));
  return [
    `Audit coverage: routes that change state: ${checked}, not ${DECIDED}: ${missing.length}`,
    ...missing.map(
      ({ controller, handler, method, path }) =>
        `  ${method.padEnd(methodWidth)}  ${path.padEnd(pathWidth)}  ${controller}.${handler}`,
    ),
  ].join('\n');
}

/** Describes the coverage in one line, for applications with many missing routes. */
export function summarizeCoverage({ checked, missing }: AuditCoverage): string {
  const [first] = missing;
  const example = first ? `, ${missing.length === 1 ? '' : 'such as '}${first.method} ${first.path}` : '';
  return (
    `Audit coverage: routes that change state: ${checked}, not ${DECIDED}: ${missing.length}${example}. ` +
    'To list them, run "npx nestjs-audit-ledger coverage" with the built file of the root module.'
  );
}
