import { applyDecorators } from '@nestjs/common';
import { Audited } from '../../../audit/index.js';
import { NeedsPermission } from '../../../monitoring/http/ledger-access.guard.js';
import { ONLY_REFUSALS } from '../../../monitoring/http/record-read.js';
import { REVIEW_CATEGORY } from '../review/review-words.js';

/** Admits only reviewers. Denials and failures are recorded as events; the services record successes. */
export function ReviewerRoute(): MethodDecorator {
  return applyDecorators(
    NeedsPermission('review'),
    Audited('audit_review', { ...ONLY_REFUSALS, category: REVIEW_CATEGORY }),
  );
}
