import { InitializeOnPreviewAllowlist, ModulesContainer, NestFactory, RouterModule } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { auditCoverage, describeCoverage, type AuditCoverage } from '../audit/index.js';
import { AUDIT_ROOMS, type AuditRoom } from '../../migrations/audit-migrations.js';
import { INGEST_OPTIONS } from '../modules/jetstream/ingest-options.js';
import { CAPTURE_OPTIONS } from '../modules/row-changes/capture-options.js';
import { STREAMS_OPTIONS } from '../modules/streams/streams-options.js';
import { WATCH_OPTIONS } from '../modules/watch/watch-options.js';
import { TargetError } from './target.error.js';
import { loadRootModule } from './load-root-module.js';

/** The tokens of the options that the modules of rooms provide. */
export const ROOM_OPTIONS: Readonly<Record<AuditRoom, symbol>> = {
  'row-changes': CAPTURE_OPTIONS,
  streams: STREAMS_OPTIONS,
  watch: WATCH_OPTIONS,
  jetstream: INGEST_OPTIONS,
};

/**
 * Scans the modules of an application in Nest's preview mode, which starts nothing.
 *
 * @param target the file of its root module, for {@link loadRootModule}
 * @throws TargetError (`AUDIT_TARGET_INVALID`) if the file has no root module, or Nest cannot scan it
 */
export async function scanApplication(target: string): Promise<INestApplicationContext> {
  const root = await loadRootModule(target);
  InitializeOnPreviewAllowlist.add(RouterModule); // it gives the modules their paths
  const options = { preview: true, abortOnError: false, logger: false } as const;
  return NestFactory.createApplicationContext(root, options).catch((error: unknown) => {
    throw TargetError.notScanned(target, error);
  });
}

/** Lists the rooms with tables that a scanned application imports. */
export function roomsOf(app: INestApplicationContext): readonly AuditRoom[] {
  const modules = [...app.get(ModulesContainer, { strict: false }).values()];
  return AUDIT_ROOMS.filter((room) => modules.some(({ providers }) => providers.has(ROOM_OPTIONS[room])));
}

/** Checks the routes of an application, and describes the result. @throws TargetError (`AUDIT_TARGET_INVALID`) */
export async function checkCoverage(
  target: string,
): Promise<{ readonly coverage: AuditCoverage; readonly text: string }> {
  const coverage = auditCoverage(await scanApplication(target));
  if (coverage.checked === 0) throw TargetError.noRoutes(target);
  return { coverage, text: describeCoverage(coverage) };
}
