import { Inject, Injectable } from '@nestjs/common';
import { SEQUENCER } from '../ledger-roles.js';
import { LedgerSessions } from './ledger-sessions.js';
import { limitsWithin } from './session-limits.js';
import { STORE_OPTIONS, type StoreOptions } from '../store-options.js';
import { warnInLog } from '../warn-in-log.js';

const MOST_SESSIONS = 3;
const TIMEOUT_MS = 60_000;
/** One connection is in use all the time; others are opened for a moment. */
const IDLE_TIMEOUT_MS = 10_000;

/** The connections by which background work writes beside the leaders: publications, the watch, reviews. They end after that work. */
@Injectable()
export class BackgroundPool extends LedgerSessions {
  constructor(@Inject(STORE_OPTIONS) { sequencerUrl }: Pick<StoreOptions, 'sequencerUrl'>) {
    const limits = { ...limitsWithin(TIMEOUT_MS), idleTimeoutMs: IDLE_TIMEOUT_MS };
    super(sequencerUrl, { ...SEQUENCER, name: 'background' }, limits, MOST_SESSIONS, warnInLog);
  }
}
