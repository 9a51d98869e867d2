import type { AuditCoverage } from './audit-coverage.js';

/** One line when nothing is missing; else the count, and a line for each route: method, path, controller and handler. */
export function describeCoverage({ checked, missing }: AuditCoverage): string {
  const decided = "@Audited or @NotAudited('reason')";
  if (missing.length === 0) return `Audit coverage: routes that change state: ${checked}, each ${decided}`;
  const methodWidth = Math.max(...missing.map(({ method }) => method.length));
  const pathWidth = Math.max(...missing.map(({ path }) => path.length));
  return [
    `Audit coverage: routes that change state: ${checked}, not ${decided}: ${missing.length}`,
    ...missing.map(
      ({ controller, handler, method, path }) =>
        `  ${method.padEnd(methodWidth)}  ${path.padEnd(pathWidth)}  ${controller}.${handler}`,
    ),
  ].join('\n');
}
