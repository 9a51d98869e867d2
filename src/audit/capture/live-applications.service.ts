import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import { checkCallOptions } from '../check-call-options.js';
import { runToEnd } from '../context/audit-context.js';
import { annotateScope, extendScope, type AuditScope } from '../context/audit-scope.js';
import { IgnoredEvents } from '../context/ignored-events.js';
import { liveRecorders, resolveRecorder, type LiveRecorder } from '../context/live-recorders.js';
import { EventFactory } from '../event-factory.service.js';
import { openCall } from './audited-operation.js';
import { AbandonedOperations } from './abandoned-operations.service.js';
import { OperationRecorder } from './operation-recorder.service.js';
import { recordPromise } from './record-around.js';

/** The applications of this process that record calls of audited methods, including applications whose boot failed. */
export const liveApplications = liveRecorders as Set<LiveApplication>; // only LiveApplication adds itself

/**
 * Registers an application of this process. An audited method looks up its application here, because several applications may use the same
 * class.
 */
@Injectable()
export class LiveApplication implements LiveRecorder, OnApplicationShutdown {
  private readonly owned = new WeakSet();

  constructor(
    @Inject(ModulesContainer) readonly modules: ModulesContainer,
    @Inject(EventFactory) readonly events: EventFactory,
    @Inject(OperationRecorder) readonly recorder: OperationRecorder,
    @Inject(AbandonedOperations) readonly ends: AbandonedOperations,
    @Inject(AUDIT_OPTIONS) readonly options: ResolvedAuditOptions,
  ) {
    liveApplications.add(this);
  }

  onApplicationShutdown(): void {
    liveApplications.delete(this);
  }

  /** Whether the application created `instance`. Returns `false` for request-scoped instances. */
  hasInstance(instance: object): boolean {
    if (this.owned.has(instance)) return true;
    for (const module of this.modules.values()) {
      for (const wrapper of [...module.providers.values(), ...module.controllers.values()]) {
        if (wrapper.instance === instance) {
          this.owned.add(instance);
          return true;
        }
      }
    }
    return false;
  }

  /** Records one event `audit_capture_ignored` for the events that `AuditContext.ignore` leaves out. */
  async ignore(...[outer, reason, work, policy]: Parameters<LiveRecorder['ignore']>): Promise<unknown> {
    checkCallOptions('ignore', policy, 'leave out events by AuditContext.ignore');
    const ignored = new IgnoredEvents();
    const options = { ...policy, category: 'security', severity: 'warning', details: () => ignored.facts } as const;
    const operation = openCall(this.modules, outer, [{ name: 'audit_capture_ignored', options }], []);
    operation.reason = reason;
    annotateScope(operation.scope, { reason }); // the reason is recorded even if the work fails
    await this.recorder.recordAttempts(operation);
    const run = async (): Promise<unknown> => {
      try {
        return await runToEnd(extendScope({ ignored }, outer), outer, work);
      } finally {
        ignored.end();
      }
    };
    return recordPromise(this.recorder, operation, run());
  }
}

/**
 * Returns the application that a call on `instance` belongs to. If several applications exist, tries three in order: the creator of
 * `instance`, the current request's application, the newest application. One of these applications may be an application whose boot failed.
 */
export function findLiveApplication(instance: unknown, scope: AuditScope | undefined): LiveApplication | undefined {
  const isObject = typeof instance === 'object' && instance !== null;
  const owner =
    liveApplications.size > 1 && isObject
      ? [...liveApplications].find((each) => each.hasInstance(instance))
      : undefined;
  return owner ?? (resolveRecorder(scope) as LiveApplication | undefined); // only LiveApplication is registered
}
