import type { AuditSubject } from '../../../../audit/index.js';
import { foldText } from '../../../../audit/nest-free.js';
import { isStorable } from '../../../read/query/query-parameters.js';
import { lifecycleErrors } from '../../../errors/keep.errors.js';

export const MAX_IDENTIFIERS = 20;
export const IDENTIFIER_RULE =
  'a text of 3 to 320 characters, or of 2 in Chinese, Japanese or Korean: a shorter text occurs in events of other people';
export const MAX_ID_CHARACTERS = 512;
export const MAX_REASON_CHARACTERS = 1_000;

/**
 * Returns the subject with trimmed, distinct identifiers.
 *
 * @throws `AUDIT_REQUEST_INVALID` for an invalid id or identifier
 */
export function checkSubject({ id, identifiers = [] }: AuditSubject): Required<AuditSubject> {
  const problems = [];
  if (!isText(id, 1, MAX_ID_CHARACTERS)) problems.push(`the id must be a text of 1 to ${MAX_ID_CHARACTERS} characters`);
  if (!Array.isArray(identifiers) || identifiers.length > MAX_IDENTIFIERS) {
    problems.push(`the identifiers must be a list of at most ${MAX_IDENTIFIERS}`);
  } else if (!identifiers.every(isIdentifier)) {
    problems.push(`an identifier must be ${IDENTIFIER_RULE}`);
  }
  if (problems.length > 0) throw lifecycleErrors.AUDIT_REQUEST_INVALID.erasure(problems);
  return { id, identifiers: [...new Set(identifiers.map((each) => each.trim()))] };
}

/** Whether the value is {@link IDENTIFIER_RULE}. Counts the characters that the search compares. */
export function isIdentifier(value: unknown): boolean {
  if (!isText(value, 1, 320)) return false;
  const [...characters] = foldText(String(value));
  const isName = characters.every((each) => /[\p{sc=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Hang}]/u.test(each));
  return characters.length >= (isName ? 2 : 3);
}

/** @throws `AUDIT_REQUEST_INVALID` without a reason or a requester */
export function checkOptions({ by, reason }: { readonly by: { readonly id: string }; readonly reason: string }): void {
  const problems = [];
  if (!isText(reason, 1, MAX_REASON_CHARACTERS)) {
    problems.push(`the reason must be a text of 1 to ${MAX_REASON_CHARACTERS} characters`);
  }
  if (!isText(by.id, 1, MAX_ID_CHARACTERS)) problems.push('the requester has no valid id');
  if (problems.length > 0) throw lifecycleErrors.AUDIT_REQUEST_INVALID.erasure(problems);
}

/** Whether the value is a text of the given length that PostgreSQL can store. Callers in JavaScript may pass any value. */
export function isText(value: unknown, min: number, max: number): boolean {
  return typeof value === 'string' && value.length <= max && value.trim().length >= min && isStorable(value);
}
