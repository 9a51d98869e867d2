import { CheckRun, type Check, type CheckResult, type OpenedLog } from './check.js';
import { checkActRows } from './checks/check-act-rows.js';
import { checkActs } from './checks/check-acts.js';
import { checkArchivedTrees } from './checks/check-archived-trees.js';
import { checkArchives } from './checks/check-archives.js';
import { checkBundles } from './checks/check-bundles.js';
import { checkCosignatures } from './checks/check-cosignatures.js';
import { checkCoverage } from './checks/check-coverage.js';
import { checkDamage } from './checks/check-damage.js';
import { checkEmptied } from './checks/check-emptied.js';
import { checkErasures } from './checks/check-erasures.js';
import { checkErasureRequests } from './checks/check-erasure-requests.js';
import { checkExtraRows } from './checks/check-extra-rows.js';
import { checkHead } from './checks/check-head.js';
import { checkHiddenRows } from './checks/check-hidden-rows.js';
import { checkHolds } from './checks/check-holds.js';
import { checkKeys } from './checks/check-keys.js';
import { checkLeaves } from './checks/check-leaves.js';
import { checkPublished } from './checks/check-published.js';
import { checkRetirements } from './checks/check-retirements.js';
import { checkStart } from './checks/check-start.js';
import { checkStoredHeads } from './checks/check-stored-heads.js';
import { checkStrays } from './checks/check-strays.js';
import { checkWaiting } from './checks/check-waiting.js';
import { checkWitnesses } from './checks/check-witnesses.js';
import { toVerdict, type Verification } from './verification.js';

/** The checks of a log, in the order of their warnings, and of findings without an index. */
const CHECKS: readonly Check[] = [
  checkKeys,
  checkPublished,
  checkStoredHeads,
  checkCoverage,
  checkHead,
  checkCosignatures,
  checkStart,
  checkRetirements,
  checkBundles,
  checkActs,
  checkActRows,
  checkHolds,
  checkErasures,
  checkErasureRequests,
  checkArchives,
  checkLeaves,
  checkExtraRows,
  checkArchivedTrees,
  checkStrays,
  checkDamage,
  checkWaiting,
  checkHiddenRows,
  checkWitnesses,
];

/** The checks of a ledger that has neither a leaf nor a key. */
const EMPTY_LEDGER_CHECKS: readonly Check[] = [checkEmptied, checkWaiting, checkWitnesses];

/** Runs every check of a log. If the log is sound, whoever cosigned it, stores the progress. */
export async function runChecks(log: OpenedLog): Promise<Verification> {
  const { trust, size, head, options } = log;
  const run = new CheckRun(log);
  const found = new Map<Check, CheckResult>();
  for (const check of trust.keys.length > 0 ? CHECKS : EMPTY_LEDGER_CHECKS) found.set(check, await run.of(check));
  const all = [...found.values()];
  const isSound = [...found].every(([check, { findings = [] }]) => findings.length === 0 || check === checkWitnesses);
  if (isSound && size > 0)
    await options.progress?.write({ origin: trust.origin, edge: (await run.of(checkLeaves)).edge });
  return {
    ...{ checked: 0, erased: 0, retired: 0, waiting: 0 },
    ...toVerdict(all.flatMap(({ findings = [] }) => findings)),
    ...{ origin: trust.origin, size, ...(head && { checkpoint: head.note }) },
    ...all.reduce<Partial<Verification>>((fields, { report }) => ({ ...fields, ...report }), {}),
    warnings: all.flatMap(({ warnings = [] }) => warnings),
  };
}
