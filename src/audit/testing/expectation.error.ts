import { AuditError } from '../errors/audit.error.js';

/** An expectation of `expectAudited` or `expectNotAudited` is not met. The message lists the recorded events. */
export class AuditExpectationError extends AuditError {
  readonly code = 'AUDIT_EXPECTATION_FAILED';

  static notRecorded(wanted: string, count: number, lines: readonly string[]): AuditExpectationError {
    const seen =
      count === 0 ? 'nothing was recorded. ' : `${countOf(count)} recorded, the closest first:\n${lines.join('\n')}\n`;
    return new AuditExpectationError(
      `Cannot find an audit event ${wanted}: ${seen}` +
        'Correct the expectation or the code, and check only after the response or the awaited record().',
    );
  }

  static recorded(unwanted: string, count: number, lines: readonly string[]): AuditExpectationError {
    return new AuditExpectationError(
      `Cannot confirm the absence of an audit event ${unwanted}: ${countOf(count)} recorded:\n${lines.join('\n')}\n` +
        'Correct the expectation or the code, or clear() the events of earlier tests.',
    );
  }
}

/** `expectAuditCoverage` found routes with neither `@Audited` nor `@NotAudited`. */
export class UncoveredRoutesError extends AuditError {
  readonly code = 'AUDIT_COVERAGE_MISSING';

  static create(coverage: string): UncoveredRoutesError {
    return new UncoveredRoutesError(
      `Cannot confirm that every change is audited. ${coverage}\nDecorate each route, or its controller, with @Audited or @NotAudited('reason').`,
    );
  }
}

/** An application under test lacks an `InMemoryAuditProvider`. */
export class NoInMemoryProviderError extends AuditError {
  readonly code = 'AUDIT_TESTING_PROVIDER_MISSING';

  static create(cause: unknown): NoInMemoryProviderError {
    return new NoInMemoryProviderError(
      'Cannot find audit events: the application has no InMemoryAuditProvider. ' +
        'Import AuditTestingModule.forRoot() instead of AuditModule, or provide InMemoryAuditProvider.',
      { cause },
    );
  }
}

function countOf(events: number): string {
  return events === 1 ? '1 event was' : `${events} events were`;
}
