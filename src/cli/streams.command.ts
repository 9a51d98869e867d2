import { pauseStream, removeStream } from '../modules/streams/change-stream.js';
import { useStreamsSession } from '../modules/streams/followed-streams.js';
import { defineCommand } from './define-command.js';
import { changing, replay, resume, settling, test } from './streams/change-streams.js';
import { add, rotate } from './streams/define-streams.js';
import { parked, showing } from './streams/show-streams.js';
import { STREAMS_OPTIONS, type Work } from './streams/streams-call.js';

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
  options: STREAMS_OPTIONS,
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
  run: async (call) => {
    const {
      words: [action = '', stream = ''],
      sealer,
      refuse,
    } = call;
    const isAboutAll = ['list', 'lag', 'add'].includes(action);
    const work = Object.hasOwn(WORKS, action) ? WORKS[action] : undefined;
    if (!work || isAboutAll !== (stream === '')) {
      return refuse(
        'it takes list, lag, add, or one of parked, pause, resume, test, replay, rotate-secret, retry, drop, remove with a stream',
      );
    }
    const url = await sealer();
    return useStreamsSession(url, (session) => work({ ...call, session, stream }));
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
