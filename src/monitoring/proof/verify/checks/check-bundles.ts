import {
  findAnnouncedBundles,
  parseStatement,
  findSignatureProblem,
  type RetirementStatement,
} from '../announcement.js';
import { fileCheck, type CheckResult } from '../check.js';

interface RetiredBundles extends CheckResult {
  /** The indexes of the missing bundles that a retirement explains. */
  readonly bundles: ReadonlySet<number>;
  readonly stated: readonly RetirementStatement[];
}

const WARNING =
  'Bundles are missing because the log announces that events in them were retired. The files in the folder do not contain the events of these bundles. Archives prove retired events (verify), and the database proves stored events (verify).';

/** Compares the missing bundles of entries with the retirements that the log announces. */
export const checkBundles = fileCheck<RetiredBundles>({ bundles: new Set(), stated: [] }, async (files, { log }) => {
  const { missing, announcements } = await files.findMissing();
  const signed = new Map([...announcements].filter(([, one]) => findSignatureProblem(one, log.trust) === undefined));
  const bundles = findAnnouncedBundles(missing, signed);
  return { bundles, stated: [...signed.values()].map(parseStatement), warnings: bundles.size > 0 ? [WARNING] : [] };
});
