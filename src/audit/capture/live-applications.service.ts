import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { AuditScope } from '../context/audit-scope.js';
import { OperationRecorder } from './operation-recorder.service.js';

/** The applications of this process that record calls of audited methods. An application whose boot failed stays in the set. */
export const live = new Set<LiveApplication>();

/** Registers an application for the audited methods: a class belongs to the process, not to an application. */
@Injectable()
export class LiveApplication implements OnApplicationShutdown {
  private readonly owned = new WeakSet();

  constructor(
    @Inject(ModulesContainer) readonly modules: ModulesContainer,
    @Inject(OperationRecorder) readonly recorder: OperationRecorder,
  ) {
    live.add(this);
  }

  onApplicationShutdown(): void {
    live.delete(this);
  }

  /** Whether the application created `instance`; request-scoped instances do not count. */
  owns(instance: object): boolean {
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
}

/** Returns the recorder for a call on `instance`. */
export function recorderFor(instance: unknown, scope: AuditScope | undefined): OperationRecorder | undefined {
  return applicationOf(instance, scope)?.recorder;
}

/**
 * Returns the application that a call on `instance` belongs to; mostly there is one. With several, it is the one that created the instance,
 * else the one whose request is being answered, else the newest: one whose boot failed may still be registered.
 */
export function applicationOf(instance: unknown, scope: AuditScope | undefined): LiveApplication | undefined {
  const all = [...live];
  if (all.length < 2 || typeof instance !== 'object' || instance === null) return all.at(-1);
  const owner = all.find((each) => each.owns(instance)) ?? all.find(({ modules }) => modules === scope?.application);
  return owner ?? all.at(-1);
}
