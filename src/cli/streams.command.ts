import { pauseStream, removeStream } from '../modules/streams/change-stream.js';
import { LEADER_LIMITS } from '../modules/monitoring/store/sessions/session-limits.js';
import { SEQUENCER } from '../modules/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../modules/monitoring/store/sessions/ledger-session.js';
import { byOption } from './shared-options.js';
import { defineCommand } from './define-command.js';
import { flag, text, texts } from './option-definitions.js';
import { changing, replay, resume, settling, test } from './streams/change-streams.js';
import { add, rotate } from './streams/define-streams.js';
import { parked, showing } from './streams/show-streams.js';
import type { Work } from './streams/streams-call.js';

const LATE_SECONDS = '300';

/** `nestjs-audit-ledger streams`. */
export const command = defineCommand({
  name: 'streams',
  usage: [
    'list [options]',
    'lag [--seconds <most>] [options]',
    'parked <stream> [options]',
    'add --file <file> [--paused] [options]',
    'pause|remove|test <stream> [options]',
    'resume|replay <stream> [--from <place>] …',
    'rotate-secret <stream> --secret-file <file>',
    'retry|drop <stream> [--index <place>]…',
  ],
  about: [
    'Shows and changes the streams that the application sends. Each change is an event, with an act that the ledger’s key signs.',
  ],
  arguments: [
    ['<action>', 'one of those below'],
    ['[stream]', 'the name of the stream'],
  ],
  actions: {
    list: 'show each stream: its state, its destination, how far it is, and its last error',
    lag: 'show how many sealed events each stream has not sent, and for how long the oldest waits',
    parked: 'show the events that the destination refused, and its answers',
    pause: 'let a stream rest; retention does not keep events for it meanwhile',
    add: 'make a stream of a file with its options as JSON; the application sends it within seconds',
    resume: 'send it again from where it is or from a place, also after its destination wanted no more',
    test: 'have the application send a signed test event, and show what the destination answered',
    replay: 'send a range again, beside the live stream; list shows how far it is',
    'rotate-secret': 'sign with a new secret of a webhook, and for some days with the older one, too',
    retry: 'send parked events again; default: all of the stream',
    drop: 'forget parked events: the stream has a signed gap in their place',
    remove: 'forget a stream that no instance has in its options',
  },
  options: {
    seconds: text('<most>', `for lag: how long an event may wait before the exit code is 1; default: ${LATE_SECONDS}`),
    index: texts('<place>', 'the place of a parked event'),
    file: text('<file>', 'for add: the options of the stream as JSON; - is the standard input'),
    paused: flag('for add: add it as paused, so that you can test it first'),
    from: text('<place>', 'for resume and replay: a place, or an RFC 3339 time'),
    to: text('<place>', 'for replay: the last place, or an RFC 3339 time'),
    secretFile: text('<file>', 'for rotate-secret: the file with the new secret; - is the standard input'),
    graceDays: text('<days>', 'for rotate-secret: for how long both secrets sign; default: 7'),
    reason: text('<text>', 'the reason, for the event'),
    by: byOption(),
  },
  connects: 'sealer',
  json: 'for list and lag "streams"; for parked "parked"; for retry and drop "places"; for test "answer"; for replay "replay", "first", "last"; for rotate-secret "oldSecretUntil"; else "stream"',
  environment:
    'to change a stream, AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN, and to add one or rotate its secret, AUDIT_STREAM_SECRETS_KEY, with the application’s values.',
  examples: [
    'list',
    'lag --seconds 60',
    'add --file siem.json --paused',
    'test siem',
    'replay siem --from 2026-11-01 --to 2026-11-02',
  ],
  exitCodes:
    '0 when it is done; 1 when lag finds an active stream that is later than --seconds; 2 when the command failed.',
  run: async ({ options, words: [action = '', stream], environment, operator, sealer, refuse }) => {
    const isAboutAll = ['list', 'lag', 'add'].includes(action);
    const work = Object.hasOwn(WORKS, action) ? WORKS[action] : undefined;
    if (!work || isAboutAll !== (stream === undefined)) {
      return refuse(
        'it takes list, lag, add, or one of parked, pause, resume, test, replay, rotate-secret, retry, drop, remove with a stream',
      );
    }
    const { seconds = LATE_SECONDS, reason, index } = options;
    if (!(Number(seconds) >= 0)) refuse(`--seconds is ${seconds}, not a number of seconds`);
    const url = await sealer();
    return LedgerSession.use(url, { ...SEQUENCER, name: 'streams' }, LEADER_LIMITS, (session) =>
      work({ ...{ session, stream: stream ?? '', reason, operator, index, seconds, environment }, options }),
    );
  },
});

const WORKS: Readonly<Record<string, Work | undefined>> = {
  list: showing('list'),
  lag: showing('lag'),
  parked,
  pause: changing(pauseStream, 'is paused'),
  resume,
  add,
  test,
  replay,
  'rotate-secret': rotate,
  remove: changing(removeStream, 'is removed'),
  retry: settling('retried', 'are sent again'),
  drop: settling('dropped', 'are dropped'),
};
