import { WriterKeys } from '../../audit/nest-free.js';
import { InboxKeys } from '../../monitoring/store/inbox-keys.js';
import { keyOfEnvironment, listOf, type CommandEnvironment } from './key-of-environment.js';

/** Returns the application's keys for what it records: AUDIT_WRITER_KEY, or the key file. */
export function writerKeysOf({ AUDIT_WRITER_KEY: keys }: CommandEnvironment): WriterKeys {
  return new WriterKeys(listOf(keys));
}

/** Returns the application's keys for the rows of its inbox. */
export function inboxKeysOf(environment: CommandEnvironment): InboxKeys {
  return new InboxKeys(writerKeysOf(environment), keyOfEnvironment(environment).origin);
}
