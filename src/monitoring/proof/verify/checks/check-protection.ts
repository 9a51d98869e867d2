import { findUnprotected } from '../../../store/schema/check-protection.js';
import { findAlteredImages } from '../../../store/altered-images.js';
import { NOTHING, ofTables } from '../check.js';

/** Checks what protects the ledger from changes. The verdict does not depend on it. */
export const checkProtection = ofTables(NOTHING, async (tables, { log }) => {
  const altered = await findAlteredImages(tables, log.options.straysFromId);
  const { unprotected: weakened, notices: warnings } = await findUnprotected(tables);
  const unprotected = [...altered, ...weakened];
  return { warnings, report: unprotected.length > 0 ? { unprotected } : {} };
});
