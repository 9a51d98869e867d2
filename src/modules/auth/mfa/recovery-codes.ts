import { randomInt } from 'node:crypto';
import { hashSecret } from '../tokens/opaque-token.js';

const CODES = 10;
/** Without those that are taken for one another. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_LENGTH = 4;

/** Ten fresh recovery codes of 79 random bits each, written as `xxxx-xxxx-xxxx-xxxx`. */
export function makeRecoveryCodes(): string[] {
  return Array.from({ length: CODES }, () => Array.from({ length: GROUPS }, makeGroup).join('-'));
}

/** The hash of a recovery code, however its owner types it. */
export function hashRecoveryCode(code: string): Buffer {
  return hashSecret(code.toLowerCase().replace(/[^a-z0-9]/g, ''));
}

function makeGroup(): string {
  return Array.from({ length: GROUP_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}
