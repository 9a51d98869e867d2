import type { InjectionToken } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { readFieldSafely, readSafely } from '../../base/read-safely.js';
import type { WatchableSource } from './transaction-manager.js';

/**
 * Finds an application's data sources and their tokens. Recognizes a data source by its methods, since TypeORM may be missing or installed
 * twice.
 */
export function findDataSources(modules: ModulesContainer): ReadonlyMap<WatchableSource, readonly InjectionToken[]> {
  const found = new Map<WatchableSource, InjectionToken[]>();
  for (const module of modules.values()) {
    for (const { instance, token } of module.providers.values()) {
      const source: unknown = instance;
      if (readSafely(() => isDataSource(source)) !== true) continue;
      const tokens = found.get(source as WatchableSource) ?? []; // isDataSource() has tested the value
      if (!tokens.includes(token)) tokens.push(token);
      found.set(source as WatchableSource, tokens);
    }
  }
  return found;
}

function isDataSource(value: unknown): value is WatchableSource {
  if (typeof value !== 'object' || value === null) return false;
  const { manager, subscribers, createQueryRunner } = value as Partial<WatchableSource>; // any object has readable fields
  const begins = typeof readFieldSafely(manager, 'transaction') === 'function';
  return begins && typeof createQueryRunner === 'function' && Array.isArray(subscribers);
}
