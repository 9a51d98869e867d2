import { RefusedError } from '../http-input/refused.error.js';

/** Makes the error for an e-mail address that already has an account. */
export function emailTaken(): Error {
  const seen = 'it has an account already. Log in, or choose another address.';
  return new RefusedError(409, 'duplicate_email', `Cannot use this e-mail address: ${seen}`);
}

/** Makes the error for a request that would change nothing. */
export function alreadyDone(reason: string, seen: string): Error {
  return new RefusedError(409, reason, `Cannot do this again: ${seen}. Nothing needs to be done.`);
}
