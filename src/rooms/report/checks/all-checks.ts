import type { ReportCheck } from '../check.js';
import { ATTESTATIONS } from './attestations.js';
import { CONFIG_CHECKS } from './config-checks.js';
import { CONTENT_CHECKS } from './content-checks.js';
import { INTEGRITY_CHECKS } from './integrity-checks.js';
import { POPULATION_CHECKS } from './population-checks.js';

export const CHECKS: ReadonlyMap<string, ReportCheck> = new Map(
  [...POPULATION_CHECKS, ...CONTENT_CHECKS, ...INTEGRITY_CHECKS, ...CONFIG_CHECKS, ...ATTESTATIONS].map(
    (check) => [check.id, check] as const,
  ),
);
