import 'reflect-metadata';
import { InitializeOnPreviewAllowlist, ModulesContainer, NestFactory, RouterModule } from '@nestjs/core';
import type { INestApplicationContext, DynamicModule, LogLevel, Type } from '@nestjs/common';
import { auditCoverage, type AuditCoverage } from '../audit/index.js';
import { describeCoverage } from '../audit/internal.js';
import { AUDIT_EXTENSIONS, type AuditExtension } from '../../migrations/audit-migrations.js';
import { INGEST_OPTIONS } from '../extensions/jetstream/ingest-options.js';
import { CAPTURE_OPTIONS } from '../extensions/row-changes/capture-options.js';
import { MONITORING_OPTIONS, type ResolvedMonitoringOptions } from '../monitoring/monitoring-options.js';
import { ALERTS_OPTIONS } from '../extensions/alerts/alerts-options.js';
import { STREAMS_OPTIONS } from '../extensions/streams/streams-options.js';
import { loadExports } from './connection/load-data-source.js';
import { commandErrors } from './cli.errors.js';
import { hasCode } from '../audit/nest-free.js';

/** The options of each optional extension, also of an extension without tables. */
export const EXTENSION_OPTIONS: Readonly<Record<AuditExtension | 'streams' | 'alerts', symbol>> = {
  'row-changes': CAPTURE_OPTIONS,
  streams: STREAMS_OPTIONS,
  alerts: ALERTS_OPTIONS,
  jetstream: INGEST_OPTIONS,
};

/**
 * Scans the modules of an application in Nest's preview mode, which does not start the application.
 *
 * @param target the file with the root module, in the form that {@link loadRootModule} describes
 * @throws `AUDIT_TARGET_INVALID` if the file has no root module, or Nest cannot scan it
 */
export async function scanApplication(target: string): Promise<INestApplicationContext> {
  const root = await loadRootModule(target);
  InitializeOnPreviewAllowlist.add(RouterModule); // RouterModule sets the paths of the modules
  const options = { preview: true, abortOnError: false, logger: false } as const;
  return NestFactory.createApplicationContext(root, options).catch((error: unknown) => {
    throw commandErrors.AUDIT_TARGET_INVALID.notScanned(target, error);
  });
}

/**
 * Starts an application without its HTTP server.
 *
 * @param target as for {@link scanApplication}
 * @param isQuiet whether Nest logs only errors, which it prints on the standard error
 * @throws `AUDIT_TARGET_INVALID` if the application's ledger does not seal in this process, and the errors of the application's start
 */
export async function startWorker(target: string, isQuiet: boolean): Promise<INestApplicationContext> {
  const root = await loadRootModule(target);
  const levels: LogLevel[] = ['error', 'fatal'];
  const app = await NestFactory.createApplicationContext(root, {
    abortOnError: false,
    ...(isQuiet && { logger: levels }),
  });
  const modules = [...app.get(ModulesContainer, { strict: false }).values()];
  const ledger = modules.find(({ providers }) => providers.has(MONITORING_OPTIONS))?.providers.get(MONITORING_OPTIONS);
  const { role } = Object(ledger?.instance) as Partial<ResolvedMonitoringOptions>; // the provider of the resolved options
  if (role !== undefined && role !== 'web') return app;
  await app.close();
  const seen = role === undefined ? 'its ledger is off' : 'the option role of its MonitoringModule is web';
  throw commandErrors.AUDIT_TARGET_INVALID.notSealing(target, seen);
}

/** Of the extensions that have tables, lists those that a scanned application imports. */
export function listExtensions(app: INestApplicationContext): readonly AuditExtension[] {
  const modules = [...app.get(ModulesContainer, { strict: false }).values()];
  return AUDIT_EXTENSIONS.filter((extension) =>
    modules.some(({ providers }) => providers.has(EXTENSION_OPTIONS[extension])),
  );
}

/** Checks the routes of an application, and describes the result. @throws `AUDIT_TARGET_INVALID` */
export async function checkCoverage(
  target: string,
): Promise<{ readonly coverage: AuditCoverage; readonly text: string }> {
  const coverage = auditCoverage(await scanApplication(target));
  if (coverage.checked === 0) throw commandErrors.AUDIT_TARGET_INVALID.noRoutes(target);
  return { coverage, text: describeCoverage(coverage) };
}

const MODULE_KEYS = ['imports', 'controllers', 'providers', 'exports'];

/**
 * Without an export's name in `target`, takes the file's default export, else the only module that the file exports. An exported function
 * that is not a class is called.
 */
async function loadRootModule(target: string): Promise<Type | DynamicModule> {
  const [file = '', name] = target.split('#');
  const exported = await loadExports(file);
  const value = name === undefined ? findOnlyModule(exported) : exported[name];
  if (value === undefined) {
    const what = name === undefined ? 'the root module' : `the export ${name}`;
    const remedy = 'Name the root module after #, as in dist/app.module.js#AppModule.';
    throw commandErrors.AUDIT_TARGET_INVALID.notExported(file, what, Object.keys(exported), remedy);
  }
  try {
    return toModule(isFactory(value) ? await value() : value, target);
  } catch (error) {
    throw hasCode(error, 'AUDIT_TARGET_INVALID') ? error : commandErrors.AUDIT_TARGET_INVALID.notScanned(target, error);
  }
}

function findOnlyModule(exported: Readonly<Record<string, unknown>>): unknown {
  const { default: whole } = exported;
  if (typeof whole === 'function' || isDynamic(whole)) return whole;
  const modules = new Set(Object.values(exported).filter((value) => isDecorated(value) || isDynamic(value)));
  return modules.size === 1 ? [...modules][0] : undefined;
}

function isDecorated(value: unknown): boolean {
  return typeof value === 'function' && MODULE_KEYS.some((key) => Reflect.hasMetadata(key, value));
}

function isDynamic(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'module' in value;
}

/** The `prototype` of a class is not writable. */
function isFactory(value: unknown): value is () => unknown {
  return typeof value === 'function' && Object.getOwnPropertyDescriptor(value, 'prototype')?.writable !== false;
}

function toModule(value: unknown, target: string): Type | DynamicModule {
  if (!isDynamic(value) && typeof value !== 'function') throw commandErrors.AUDIT_TARGET_INVALID.noModule(target);
  return value as Type | DynamicModule; // the value is a class or a dynamic module; Nest checks its details
}
