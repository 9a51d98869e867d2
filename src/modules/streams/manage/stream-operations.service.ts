import { Inject, Injectable } from '@nestjs/common';
import { Catalogue, ownPackage, type AuditEvent } from '../../../audit/plain.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { CheckpointSigner } from '../../monitoring/signing/checkpoint-signer.service.js';
import { PrimaryReader } from '../../monitoring/store/sessions/primary-reader.service.js';
import { SEQUENCER } from '../../monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { LEADER_LIMITS } from '../../monitoring/store/sessions/session-limits.js';
import { STORE_OPTIONS, type StoreOptions } from '../../monitoring/store/store-options.js';
import { pauseStream, removeStream, settleParked } from '../change-stream.js';
import { readStreamReports } from '../stream-report.js';
import { StreamRunner } from '../stream-runner.service.js';
import { StreamUnknownError } from '../streams.error.js';
import { STREAMS_OPTIONS, type ResolvedStream, type StreamsSlice } from '../streams-options.js';
import { StreamExistsError, StreamOfOptionsError } from './manage.error.js';
import { dryRun, type DryRun, type DryRunWanted } from './dry-run.js';
import { resumeFrom } from './resume-from.js';
import { replayStream, type BegunReplay, type Place, type ReplayRange } from './replay-stream.js';
import { rotateSecret } from './rotate-secret.js';
import { addStream, alterStream, checked, findStored, resolveStored, type StreamMaker } from './stored-streams.js';
import { testStream, type TestAnswer } from './test-stream.js';
import type { ShownStream } from '../stream.dto.js';

export type { ShownStream } from '../stream.dto.js';

/** Who changes a stream by a request. */
export interface StreamRequester {
  readonly actor: AuditEvent['actor'];
  readonly reason?: string | undefined;
}

type Options = Readonly<Record<string, unknown>>;

const STORED = 'SELECT name, options, key_id, old_secret_until FROM audit_stream_definition';

/** Shows, makes and changes streams while the application runs. Every change is a signed act, durable when the method resolves. */
@Injectable()
export class StreamOperations {
  constructor(
    @Inject(STREAMS_OPTIONS) private readonly options: StreamsSlice,
    @Inject(STORE_OPTIONS) private readonly store: Pick<StoreOptions, 'sequencerUrl'>,
    @Inject(PrimaryReader) private readonly reader: PrimaryReader,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(StreamRunner) private readonly runner: StreamRunner,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {}

  /** All streams, by their names. @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) */
  async list(): Promise<readonly ShownStream[]> {
    const reports = await readStreamReports(this.reader);
    const stored = new Map((await this.reader.rows(STORED, [])).map((row) => [String(row.name), { ...row }]));
    return reports.map((report) => {
      const { options, key_id: keyId, old_secret_until: until } = stored.get(report.name) ?? {};
      return {
        ...report,
        source: options === undefined ? 'options' : 'stored',
        options: options === undefined ? null : (Object(options) as Options), // as it was stored
        secretsKeyId: typeof keyId === 'string' ? keyId : null,
        oldSecretUntil: until instanceof Date ? until.toISOString() : null,
      };
    });
  }

  /** @throws StreamUnknownError (`AUDIT_STREAM_UNKNOWN`) */
  async find(name: string): Promise<ShownStream> {
    const found = (await this.list()).find((each) => each.name === name);
    if (!found) throw new StreamUnknownError(name);
    return found;
  }

  /** Validates options as those of the application are. @throws InvalidStreamError (`AUDIT_STREAM_INVALID`) */
  resolve(options: Options): ResolvedStream {
    return checked(options);
  }

  async add(options: Options, by: StreamRequester, isPaused: boolean): Promise<ShownStream> {
    const { name } = checked(options);
    if (this.options.streams.some((each) => each.name === name)) throw new StreamExistsError(name);
    await this.change((session) => addStream(session, options, this.maker(by), isPaused));
    return this.find(name);
  }

  /** @param check refuses changes that the caller may not make */
  async alter(
    name: string,
    changes: Options,
    by: StreamRequester,
    check: (stream: ResolvedStream) => void,
  ): Promise<ShownStream> {
    await this.change((session) => alterStream(session, name, changes, this.maker(by), check));
    return this.find(name);
  }

  /** Removes a stream with its replays and their parked events. */
  async remove(name: string, by: StreamRequester): Promise<void> {
    if (this.options.streams.some((each) => each.name === name)) throw new StreamOfOptionsError(name);
    await this.change(async (session) => {
      await findStored(session, name);
      await removeStream(session, name, this.maker(by));
    });
  }

  async pause(name: string, by: StreamRequester): Promise<ShownStream> {
    await this.change((session) => pauseStream(session, name, this.maker(by)));
    return this.find(name);
  }

  /** @param from where it is sent from; default: where it is */
  async resume(name: string, by: StreamRequester, from?: Place): Promise<ShownStream> {
    await this.change((session) => resumeFrom(session, name, this.maker(by), from));
    return this.find(name);
  }

  /** Sends parked events again, or drops them. Resolves with their places. */
  settle(
    name: string,
    settle: 'retried' | 'dropped',
    by: StreamRequester,
    wanted?: readonly number[],
  ): Promise<readonly number[]> {
    return this.change((session) => settleParked(session, name, settle, this.maker(by), wanted));
  }

  /** Sends a test event. Resolves with the destination's answer, within 30 s. */
  test(name: string, by: StreamRequester): Promise<TestAnswer> {
    return this.change((session) => testStream(session, name, this.maker(by), () => this.runner.notice()));
  }

  /** The options of a stream, with its secrets. */
  async optionsOf(name: string): Promise<ResolvedStream> {
    const ofOptions = this.options.streams.find((stream) => stream.name === name);
    if (ofOptions) return ofOptions;
    return this.change(async (session) =>
      resolveStored(await findStored(session, name), this.options.streamSecretsKey),
    );
  }

  /** Maps events as a stream would send them. @param reach what the reader may see */
  dryRun(stream: ResolvedStream, wanted: DryRunWanted, reach: LedgerAccess): Promise<DryRun> {
    const { reader, catalogue } = this;
    const source = { origin: this.signer.origin, version: ownPackage()?.version ?? '0' };
    return dryRun({ reader, catalogue, source }, stream, wanted, reach);
  }

  replay(name: string, range: ReplayRange, by: StreamRequester): Promise<BegunReplay> {
    return this.change((session) => replayStream(session, name, range, this.maker(by)));
  }

  /** Rotates a secret. Resolves with the time when the old one is dropped. */
  rotate(name: string, secret: string, graceDays: number, by: StreamRequester): Promise<Date> {
    return this.change((session) => rotateSecret(session, name, secret, graceDays, this.maker(by)));
  }

  private maker({ actor, reason }: StreamRequester): StreamMaker {
    const { signer, options } = this;
    return { by: actor.id ?? actor.type, actor, reason, signer, keys: options.streamSecretsKey };
  }

  private async change<Result>(work: (session: LedgerSession) => Promise<Result>): Promise<Result> {
    const role = { ...SEQUENCER, name: 'streams' };
    const result = await LedgerSession.use(this.store.sequencerUrl, role, LEADER_LIMITS, work);
    this.runner.notice();
    return result;
  }
}
