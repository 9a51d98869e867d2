import { Catalogue } from './catalogue/catalogue.js';
import { checkDetails } from './catalogue/event-type.js';
import type { AuditEvent } from './event/audit-event.js';
import type { AuditInput } from './event/audit-input.js';
import { buildEvent } from './event/build-event.js';
import { getClockMs, generateEventId } from './event/generate-event-id.js';
import { readInput } from './event/read-input.js';
import { createSecretNameTest } from '../base/secrets/redact-names.js';

const catalogue = new Catalogue();
const isSecretName = createSecretNameTest();

/**
 * Makes one of the library's own events without a running application, for a command or a signed act. The event is the same as `record()`
 * would make outside of any request, with the default options.
 *
 * @throws `AUDIT_EVENT_NAME_INVALID` for an invalid name
 */
export function buildOwnEvent(name: string, input: AuditInput): AuditEvent {
  const { input: read } = readInput(input);
  const resolved = catalogue.resolve(name, read.outcome);
  const now = getClockMs();
  return buildEvent({
    id: generateEventId(now),
    occurredAt: new Date(now),
    resolved,
    input: read,
    detailsIssues: resolved.details ? checkDetails(read.details, resolved.details) : [],
    request: undefined,
    isSecretName,
  });
}
