export { AuditPrivacy } from './audit-privacy.service.js';
export { verifyCertificate, type CheckpointHead, type ErasureCertificate } from './certificate.js';
export {
  checkOptions,
  checkSubject,
  FEWEST_CHARACTERS,
  MOST_CHARACTERS,
  MOST_ID_CHARACTERS,
  MOST_IDENTIFIERS,
  MOST_REASON_CHARACTERS,
} from './check-request.js';
export type {
  Erasure,
  ErasureCounts,
  ErasureOptions,
  ErasureRelation,
  ErasureRequester,
  ErasureState,
} from './erasure.js';
export { totalEvents } from './erasure.js';
export { ErasureCertificates } from './erasure-certificates.service.js';
export { erasureOf, findErasure, planErasure, planReplay, withdrawErasure } from './erasure-records.js';
export { ERASURE_WORK } from './erasure-work.js';
export { ErasureRunner } from './erasure-runner.service.js';
export { ErasureSteps } from './erasure-steps.service.js';
export { formatKept, readKept, subjectDigest, type KeptCertificate } from './kept-certificate.js';
export { Keeper } from './keeper.service.js';
export {
  CertificateFileError,
  ErasuresUndoneError,
  InvalidCertificateError,
  InvalidErasureError,
} from './privacy.errors.js';
export { describeRemains } from './describe-remains.js';
export type { ErasureRemains, OutsideCopy, RemainingExport } from './remains.js';
export { reportHtml } from './report-html.js';
export { reportJson } from './report-json.js';
export { reportSubject, type ReportedEvent, type ReportPart, type ReportSource } from './subject-report.js';
export { describeUndone, findUndone, type UndoneErasure } from './undone-erasures.js';
