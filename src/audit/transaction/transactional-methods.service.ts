import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { LiveApplication } from '../capture/live-applications.service.js';
import { findTransact, type TransactionalMethod } from './call-in-transaction.js';

/** The methods with `@AuditedTransaction`, by the prototype of their class. */
const transactionalMethods = new WeakMap<object, TransactionalMethod[]>();

/** Called by the decorator. */
export function noteMethod(prototype: object, method: TransactionalMethod): void {
  transactionalMethods.set(prototype, [...(transactionalMethods.get(prototype) ?? []), method]);
}

/** Refuses to start an application with an `@AuditedTransaction` method that has no transactions, since each call would fail. */
@Injectable()
export class TransactionalMethods implements OnModuleInit {
  constructor(@Inject(LiveApplication) private readonly application: LiveApplication) {}

  /** @throws `AUDIT_DATA_SOURCE_UNKNOWN` */
  onModuleInit(): void {
    for (const module of this.application.modules.values()) {
      for (const { metatype } of [...module.providers.values(), ...module.controllers.values()]) {
        for (let each: unknown = metatype?.prototype; each instanceof Object; each = Object.getPrototypeOf(each)) {
          for (const method of transactionalMethods.get(each) ?? []) findTransact(this.application, method);
        }
      }
    }
  }
}
