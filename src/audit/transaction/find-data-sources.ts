import type { InjectionToken } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { readFieldSafely, readSafely } from '../event/read-safely.js';
import type { TransactionManager, TransactionRunner, TransactionSource } from './transaction-manager.js';

type TransactionWork = (manager: TransactionManager) => unknown;

/** A manager that begins transactions. */
export interface BeginningManager extends TransactionManager {
  transaction(...isolationAndWork: readonly unknown[]): Promise<unknown>;
}

/** What of TypeORM's `DataSource` is used. */
export interface WatchableSource extends TransactionSource {
  readonly manager: BeginningManager;
  readonly subscribers: object[];
  createEntityManager(...runner: readonly unknown[]): BeginningManager;
  createQueryRunner(...mode: readonly unknown[]): TransactionRunner & { readonly manager: BeginningManager };
}

/** A data source of an application, and the tokens that it is provided by. */
export interface FoundDataSource {
  readonly source: WatchableSource;
  readonly tokens: readonly InjectionToken[];
}

export type { TransactionWork };

/** The data sources of an application, known by their shape: the core runs without TypeORM, and with several copies of it. */
export function findDataSources(modules: ModulesContainer): readonly FoundDataSource[] {
  const found = new Map<WatchableSource, InjectionToken[]>();
  for (const module of modules.values()) {
    for (const { instance, token } of module.providers.values()) {
      const source: unknown = instance;
      if (readSafely(() => isDataSource(source)) !== true) continue;
      const tokens = found.get(source as WatchableSource) ?? []; // as isDataSource() says
      if (!tokens.includes(token)) tokens.push(token);
      found.set(source as WatchableSource, tokens);
    }
  }
  return [...found].map(([source, tokens]) => ({ source, tokens }));
}

/** The managers that the application's repositories of classes of their own were made with. */
export function findManagers(modules: ModulesContainer): readonly BeginningManager[] {
  const providers = [...modules.values()].flatMap((module) => [...module.providers.values()]);
  return providers.flatMap(({ instance }) => {
    const manager = readFieldSafely(instance, 'manager');
    return isManager(manager) ? [manager] : [];
  });
}

function isManager(value: unknown): value is BeginningManager {
  return typeof readFieldSafely(value, 'transaction') === 'function';
}

function isDataSource(value: unknown): value is WatchableSource {
  if (typeof value !== 'object' || value === null) return false;
  const { manager, subscribers, createQueryRunner, createEntityManager } = value as Partial<WatchableSource>; // any object has readable fields
  const creates = typeof createQueryRunner === 'function' && typeof createEntityManager === 'function';
  return creates && Array.isArray(subscribers) && isManager(manager);
}
