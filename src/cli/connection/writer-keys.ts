import { WriterKeys } from '../../audit/nest-free.js';
import { InboxKeys } from '../../monitoring/store/inbox-keys.js';
import { readKeySettings, splitList, type CommandEnvironment } from './key-settings.js';

/** Returns the application's keys for what it records: AUDIT_WRITER_KEY, or the key file. */
export function readWriterKeys({ AUDIT_WRITER_KEY: keys }: CommandEnvironment): WriterKeys {
  return new WriterKeys(splitList(keys));
}

/** Returns the application's keys for the rows of its inbox. */
export function readInboxKeys(environment: CommandEnvironment): InboxKeys {
  return new InboxKeys(readWriterKeys(environment), readKeySettings(environment).origin);
}
