import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { runInScope } from '../context/audit-context.js';
import { annotateScope, scopeWith, type AuditScope } from '../context/audit-scope.js';
import { IgnoredEvents } from '../context/ignored-events.js';
import { liveRecorders, type LiveRecorder } from '../context/live-recorders.js';
import { EventFactory } from '../event-factory.service.js';
import { openCall, recordPromise } from './audited-method.js';
import { OperationRecorder } from './operation-recorder.service.js';

/** Records the events that `AuditContext.ignore` leaves out as one operation: `audit_capture_ignored`. */
@Injectable()
export class IgnoredCapture implements LiveRecorder, OnApplicationShutdown {
  constructor(
    @Inject(ModulesContainer) readonly modules: ModulesContainer,
    @Inject(EventFactory) readonly events: EventFactory,
    @Inject(OperationRecorder) private readonly recorder: OperationRecorder,
  ) {
    liveRecorders.add(this);
  }

  onApplicationShutdown(): void {
    liveRecorders.delete(this);
  }

  async ignore(outer: AuditScope | undefined, reason: string, work: () => unknown): Promise<unknown> {
    const ignored = new IgnoredEvents();
    const options = { category: 'security', severity: 'warning', details: () => ignored.facts } as const;
    const operation = openCall(outer, [{ name: 'audit_capture_ignored', options }], []);
    operation.scope.application = this.modules;
    operation.reason = reason;
    annotateScope(operation.scope, { reason }); // the reason is recorded even if the work fails
    await this.recorder.recordAttempts(operation);
    const run = async (): Promise<unknown> => {
      try {
        return await runInScope(scopeWith({ ignored }, outer), work);
      } finally {
        ignored.end();
      }
    };
    return recordPromise(this.recorder, operation, run());
  }
}
