import { RefusedError } from '../../http-input/refused.error.js';

/** The e-mail address and the password are not those of an active account. Never says which of them is wrong. */
export const invalidCredentials = (reason: 'unknown_user' | 'invalid_password' | 'locked' | 'user_inactive'): Error =>
  new RefusedError(
    401,
    reason,
    'Cannot log in: the e-mail address or the password is wrong. Check both and try again.',
  );

/** The code, or the challenge that it answers, is not good. Never says which of them. */
export const invalidCode = (
  reason: 'challenge_invalid' | 'challenge_expired' | 'locked' | 'user_inactive' | 'invalid_code',
): Error =>
  new RefusedError(
    401,
    reason,
    'Cannot log in: the code or its challenge is wrong or past its end. Log in again with e-mail and password.',
  );

/** The refresh token is not good (any more). */
export const refreshRefused = (
  reason: 'token_invalid' | 'token_revoked' | 'token_expired' | 'token_reused' | 'user_inactive',
): Error =>
  new RefusedError(401, reason, 'Cannot refresh the session: the refresh token is not good any more. Log in again.');

/** The e-mail address has an account. */
export const emailTaken = (): Error =>
  new RefusedError(
    409,
    'duplicate_email',
    'Cannot use this e-mail address: it has an account already. Log in, or choose another address.',
  );

/** The current password, asked for again, is wrong. */
export const wrongPassword = (reason: string): Error =>
  new RefusedError(400, reason, 'Cannot change the account: the current password is wrong. Check it and try again.');

/** The token of a mail is not good (any more). */
export const invalidMailToken = (reason: string): Error =>
  new RefusedError(400, reason, 'Cannot continue: the token is wrong, used or past its end. Ask for another mail.');

/** The code of the authenticator is wrong. */
export const wrongCode = (reason: 'invalid_code' | 'security_check_failed'): Error =>
  new RefusedError(
    400,
    reason,
    'Cannot change the second factor: the code is wrong. Enter the one that the authenticator shows now.',
  );

/** What is asked for is so already. */
export const alreadyDone = (reason: string, seen: string): Error =>
  new RefusedError(409, reason, `Cannot do this again: ${seen}. There is nothing more to do.`);

/** The account has no such session or key. */
export const notOfAccount = (kind: 'session' | 'API key'): Error =>
  new RefusedError(
    404,
    'not_found',
    `Cannot find the ${kind}: the account has no ${kind} with that id. List them to see their ids.`,
  );
