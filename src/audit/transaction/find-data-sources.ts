import type { InjectionToken } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { readFieldSafely, readSafely } from '../event/read-safely.js';
import type { BeginningManager, TransactionRunner, TransactionSource } from './transaction-manager.js';

/** The part of TypeORM's `DataSource` that is used. */
export interface WatchableSource extends TransactionSource {
  readonly manager: BeginningManager;
  readonly subscribers: object[];
  createQueryRunner(...mode: readonly unknown[]): TransactionRunner;
}

/** A data source of an application, and the tokens that provide it. */
export interface FoundDataSource {
  readonly source: WatchableSource;
  readonly tokens: readonly InjectionToken[];
}

/** Finds the data sources of an application by their shape, since the core runs without TypeORM, and with several copies of it. */
export function findDataSources(modules: ModulesContainer): readonly FoundDataSource[] {
  const found = new Map<WatchableSource, InjectionToken[]>();
  for (const module of modules.values()) {
    for (const { instance, token } of module.providers.values()) {
      const source: unknown = instance;
      if (readSafely(() => isDataSource(source)) !== true) continue;
      const tokens = found.get(source as WatchableSource) ?? []; // isDataSource() has tested it
      if (!tokens.includes(token)) tokens.push(token);
      found.set(source as WatchableSource, tokens);
    }
  }
  return [...found].map(([source, tokens]) => ({ source, tokens }));
}

function isDataSource(value: unknown): value is WatchableSource {
  if (typeof value !== 'object' || value === null) return false;
  const { manager, subscribers, createQueryRunner } = value as Partial<WatchableSource>; // any object has readable fields
  const begins = typeof readFieldSafely(manager, 'transaction') === 'function';
  return begins && typeof createQueryRunner === 'function' && Array.isArray(subscribers);
}
