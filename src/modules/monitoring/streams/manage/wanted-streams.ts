import { errorMessage } from '../../../../audit/plain.js';
import type { LedgerQueries } from '../../store/ledger-session.js';
import { FAILURES_OF_A_STATE } from '../retry-delay.js';
import type { WantedStream } from '../stream-crew.js';
import type { StreamsSlice } from '../streams-options.js';
import { needsNewerKey } from './rekey-secrets.js';
import { readStored, resolveStored, type StoredStream } from './stored-streams.js';

const BROKEN = `
  UPDATE audit_stream SET failures = greatest(failures, ${FAILURES_OF_A_STATE}), last_error = $2
   WHERE name = $1 AND last_error IS DISTINCT FROM $2`;

const REPLAYS = `SELECT name, replay_of FROM audit_stream WHERE replay_of IS NOT NULL AND state <> 'done' ORDER BY name`;

/** The streams that the leader sends: those of the options, and those that were made at run time. */
export class WantedStreams {
  private readonly resolved = new Map<string, WantedStream>();

  /**
   * @param tell logs what is wrong with a stream that cannot be sent
   * @param dropOldSecret drops a secret whose grace is over
   * @param rekey encrypts the secrets of a stream with the newest key
   */
  constructor(
    private readonly session: LedgerQueries,
    private readonly options: StreamsSlice,
    private readonly tell: (problem: string) => void,
    private readonly dropOldSecret: (stream: string) => Promise<void>,
    private readonly rekey: (stream: string) => Promise<void>,
  ) {}

  /** As the database has them now. The report of a stream that cannot be sent says why. Rejects with the client's error. */
  async read(): Promise<readonly WantedStream[]> {
    const wanted: WantedStream[] = this.options.streams.map((stream) => ({ stream, version: 'options' }));
    const names = new Set(wanted.map(({ stream }) => stream.name));
    for (const stored of await this.readRekeyed()) {
      const { name } = stored;
      if (names.has(name)) {
        this.tell(
          `The stream ${name} is sent as the options say: the stream of that name which was made at run time is not.`,
        );
        continue;
      }
      if (stored.isOldSecretOver) await this.dropOldSecret(name);
      const stream = await this.resolve(stored);
      if (stream) wanted.push(stream);
    }
    return [...wanted, ...(await this.replays(wanted))];
  }

  private async readRekeyed(): Promise<readonly StoredStream[]> {
    const read = await readStored(this.session);
    const older = read.filter((stored) => needsNewerKey(stored, this.options.streamSecretsKey));
    for (const { name } of older) await this.rekey(name);
    return older.length > 0 ? readStored(this.session) : read;
  }

  /** A replay is sent as its stream is, with a worker of its own. */
  private async replays(live: readonly WantedStream[]): Promise<readonly WantedStream[]> {
    const rows = await this.session.rows(REPLAYS);
    return rows.flatMap((row) => {
      const of = live.find(({ stream }) => stream.name === row.replay_of);
      return of ? [{ stream: { ...of.stream, name: String(row.name) }, version: of.version }] : [];
    });
  }

  private async resolve(stored: StoredStream): Promise<WantedStream | undefined> {
    const { name, secrets } = stored;
    // A stream that was removed and made again begins with the same number. Its encryption differs.
    const version = `stored ${stored.version} ${secrets.toString('base64')}`;
    const known = this.resolved.get(name);
    if (known?.version === version) return known;
    try {
      const wanted = { stream: resolveStored(stored, this.options.streamSecretsKey), version };
      this.resolved.set(name, wanted);
      return wanted;
    } catch (error) {
      const problem = errorMessage(error);
      this.tell(problem);
      await this.session.rows(BROKEN, [name, problem]);
      return undefined;
    }
  }
}
