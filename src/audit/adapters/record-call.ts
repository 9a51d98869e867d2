import type { AuditAggregator, RecordOptions } from '../audit-aggregator.service.js';
import { foldEventName } from '../catalogue/event-name.js';
import { getCurrentScope, runToEnd } from '../context/audit-context.js';
import { nestScope, openScope, ScopeLife } from '../context/audit-scope.js';
import type { AuditReceipt } from '../delivery/receipt.js';
import type { AuditInput } from '../event/audit-input.js';
import type { CallScope, TranslatedCall } from '../event/call-context.js';
import { isOutcomeField } from '../event/field-synonyms.js';

type Fields = Readonly<Record<string, unknown>>;

/** Records an event with the fields of a call, in the audit scope of that call. `name` is the name that the caller gave, in any spelling. */
export function recordCall(
  audit: AuditAggregator,
  name: unknown,
  scope: CallScope,
  fields: Fields,
  options: RecordOptions | undefined,
): Promise<AuditReceipt> {
  const event = { ...toNameFields(name), ...fields } as AuditInput; // the event builder accepts anything
  const current = getCurrentScope();
  const own = { ...(current && nestScope(current)), ...openScope(scope), life: new ScopeLife() };
  return runToEnd(own, current, () => audit.record(foldEventName(name as string), event, options)); // record() refuses a name that is not a text
}

function toNameFields(name: unknown): Fields {
  if (typeof name !== 'string' || name.trim().toLowerCase().replace(/\s+/g, '_') === foldEventName(name)) return {};
  return { givenName: name };
}

/** Splits a translated call into the fields that `record()` reads, and all `others`. */
export function toCallFields(
  { input, unfit, others }: TranslatedCall,
  isDetail: (name: string) => boolean = () => false,
): { readonly fields: Fields & TranslatedCall['input']; readonly others: Fields } {
  const isEnd = ([name, value]: readonly [string, unknown]): boolean => !isDetail(name) && isOutcomeField(name, value);
  const entries = Object.entries(others);
  return {
    fields: { ...unfit, ...Object.fromEntries(entries.filter(isEnd)), ...input },
    others: Object.fromEntries(entries.filter((each) => !isEnd(each))),
  };
}
