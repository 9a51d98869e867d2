import { declareErrors } from '../../base/errors/declare-errors.js';

export const testingErrors = declareErrors({
  AUDIT_EXPECTATION_FAILED: {
    kind: 'invalid',
    when: 'test: `expectAudited` or `expectNotAudited` failed, and the message lists the recorded events; `expectAuditCoverage` found undecorated routes that change state',
    do: 'correct the test or the code',
    message: {
      notRecorded: (expected: string, count: number, lines: readonly string[]) => {
        const seen =
          count === 0
            ? 'nothing was recorded. '
            : `${formatEventCount(count)} recorded, the closest first:\n${lines.join('\n')}\n`;
        return (
          `Cannot find an audit event ${expected}: ${seen}` +
          'Correct the expectation or the code, and check only after the response or the awaited record().'
        );
      },
      recorded: (unwanted: string, count: number, lines: readonly string[]) =>
        `Cannot confirm the absence of an audit event ${unwanted}: ${formatEventCount(count)} recorded:\n${lines.join('\n')}\n` +
        'Correct the expectation or the code, or clear() the events of earlier tests.',
      uncovered: (coverage: string) =>
        `Cannot confirm that every change is audited. ${coverage}\nDecorate each route, or its controller, with @Audited or @NotAudited('reason').`,
    },
  },
  AUDIT_TESTING_PROVIDER_MISSING: {
    kind: 'missing',
    when: 'test: the application has no `InMemoryAuditProvider`',
    do: 'import `AuditTestingModule.forRoot()`, or provide it',
    message: (cause: unknown) => ({
      message:
        'Cannot find audit events: the application has no InMemoryAuditProvider. ' +
        'Import AuditTestingModule.forRoot() instead of AuditModule, or provide InMemoryAuditProvider.',
      cause,
    }),
  },
});

function formatEventCount(events: number): string {
  return events === 1 ? '1 event was' : `${events} events were`;
}
