import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { getErrorMessage, type AuditError } from '../../../audit/nest-free.js';
import { PUBLISHING_OPTIONS, type ResolvedPublishingOptions } from './publishing-options.js';
import { verifyCheckpoint, type SignedCheckpoint } from '../../proof/log/notes/checkpoint.js';
import type { TreeHead } from '../../proof/log/merkle/verify-consistency.js';
import { parseVerifierKey } from '../../proof/log/notes/note-signer.js';
import { formatSignatureLine } from '../../proof/log/notes/signed-note.js';
import { BackgroundPool, LedgerStateReader } from '../../store/sessions/ledger-pools.service.js';
import { LogReader } from '../../store/log-reading/log-reader.service.js';
import { Sequencer } from '../../sealer/sequencer.service.js';
import { CheckpointSigner } from '../../proof/signing/checkpoint-signer.service.js';
import {
  fileDestination,
  assessPublishing,
  webhookDestination,
  WitnessDestination,
  type CheckpointDestination,
} from './destinations.js';
import { PublishingRounds, type DestinationState } from './publishing-rounds.js';
import { assess, type Verdict } from '../../store/check.js';
import { Periodic } from '../jobs/periodic.js';
import { TIMING } from '../../store/timing.js';
import { ledgerErrors } from '../../errors/ledger.errors.js';

interface Publication extends TreeHead {
  readonly publishedAt: Date;
}

type Publications = ReadonlyMap<string, Publication>;

/** The next leader and `/health` need the last publications. */
const PUBLICATIONS = 'SELECT destination, size, root, published_at FROM audit_publication';
const PUBLISHED = `
  INSERT INTO audit_publication (destination, size, root) VALUES ($1, $2, $3)
  ON CONFLICT (destination) DO UPDATE SET size = excluded.size, root = excluded.root, published_at = clock_timestamp()`;
const COSIGNED = `
  INSERT INTO audit_cosignature (size, witness_name, key_id, line) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`;

/** Selects the seconds since the last publication at each of the named destinations. */
export const PUBLISHED_AGES = `
  SELECT destination, extract(epoch FROM clock_timestamp() - published_at)::float8 AS age
    FROM audit_publication WHERE destination = ANY ($1)`;

const TIMEOUT_MS = 10_000;

/** After this number of consecutive failures, `/health` reports an error. */
const FAILURES_PER_ERROR = 3;

/**
 * Publishes checkpoints outside the database while this instance is the leader. Runs independently of the sequencer, so that a slow
 * destination never delays sealing.
 */
@Injectable()
export class CheckpointPublisher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly destinations: readonly CheckpointDestination[];
  private readonly rounds: PublishingRounds;
  private readonly stopping = new AbortController();
  private readonly timer = new Periodic({
    step: () => this.publish(),
    everyMs: TIMING.publishMs,
    onFailure: (error) => this.logger.warn(`Cannot publish checkpoints: ${getErrorMessage(error)}`),
  });
  private committed: SignedCheckpoint | undefined;

  constructor(
    @Inject(PUBLISHING_OPTIONS) private readonly options: ResolvedPublishingOptions,
    @Inject(LogReader) private readonly log: LogReader,
    @Inject(BackgroundPool) private readonly sessions: BackgroundPool,
    @Inject(LedgerStateReader) private readonly reader: Pick<LedgerStateReader, 'rows'>,
    @Inject(Sequencer) private readonly sequencer: Sequencer,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
  ) {
    this.destinations = this.makeDestinations();
    sequencer.onCheckpoint((checkpoint) => void (this.committed = checkpoint));
    this.rounds = new PublishingRounds(this.destinations, {
      newest: () => this.newest(),
      published: () => this.publications(),
      keep: async (destination, { size, rootHash }) => {
        await this.sessions.rows(PUBLISHED, [destination, size, rootHash]);
      },
      onChange: (destination, error) => this.report(destination, error),
      now: () => performance.now(),
      intervalMs: options.checkpointIntervalSeconds * 1_000,
      timeoutMs: TIMEOUT_MS,
    });
  }

  onApplicationBootstrap(): void {
    if (this.destinations.length > 0) this.timer.start();
  }

  /** Aborts the current attempt. The next leader publishes the checkpoint. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.timer.stop();
  }

  /** The state of each destination, from the attempts of this instance. */
  get destinationStates(): readonly DestinationState[] {
    return this.rounds.states;
  }

  /**
   * Shows the last publication at each destination. The status is `error` while the file, the webhook, or too many witnesses fail
   * repeatedly.
   */
  async health(): Promise<Verdict> {
    if (this.destinations.length === 0) return assessPublishing(this.options);
    const records = await this.publications();
    const facts = Object.fromEntries(
      this.rounds.states.flatMap(({ name, error = null }) => {
        const last = records.get(name);
        const age = last && Math.max(0, Math.round((Date.now() - last.publishedAt.getTime()) / 1_000));
        const known = { size: last?.size ?? null, ageSeconds: age ?? null, error };
        return Object.entries(known).map(([fact, value]) => [`${name} ${fact}`, value] as const);
      }),
    );
    return assess([this.problemWith(records)], 'Checkpoints are published.', facts);
  }

  private problemWith(records: Publications): AuditError | undefined {
    const { states } = this.rounds;
    const failing = states.filter(({ failures }) => failures >= FAILURES_PER_ERROR);
    const witnesses = this.options.witnesses.length - failing.filter(({ name }) => name.startsWith('witness')).length;
    const [worst] = failing.filter(({ name }) => !name.startsWith('witness') || witnesses < this.options.witnessQuorum);
    if (!worst) return undefined;
    const newest = Math.max(...[...records.values()].map(({ size }) => size));
    const current = states.filter(({ name, failures }) => failures === 0 && records.get(name)?.size === newest);
    const seen = `${worst.failures} attempts failed, the last one with: ${worst.error ?? ''}`;
    const names = current.map(({ name }) => name);
    return ledgerErrors.AUDIT_CHECKPOINT_UNPUBLISHED.destination(worst.name, seen, { current: names });
  }

  private makeDestinations(): readonly CheckpointDestination[] {
    const { checkpointFile, checkpointWebhook, witnesses } = this.options;
    return [
      ...(checkpointFile === undefined ? [] : [fileDestination(checkpointFile)]),
      ...(checkpointWebhook === undefined ? [] : [webhookDestination(checkpointWebhook)]),
      ...witnesses.map(
        ({ verifierKey, url }) =>
          new WitnessDestination({
            url,
            verifier: parseVerifierKey(verifierKey),
            readTile: this.log.readTile,
            verifierOfLog: () => this.signer.verifierKey,
            keep: async (size, cosignature) => {
              const { name, keyId } = cosignature;
              await this.sessions.rows(COSIGNED, [size, name, keyId, formatSignatureLine(cosignature)]);
            },
          }),
      ),
    ];
  }

  private async publications(): Promise<Publications> {
    const rows = await this.reader.rows(PUBLICATIONS);
    return new Map(
      rows.map(({ destination, size, root, published_at: publishedAt }) => {
        // The values have the types of the columns.
        const last = { size: Number(size), rootHash: root as Buffer, publishedAt: publishedAt as Date };
        return [String(destination), last];
      }),
    );
  }

  private async publish(): Promise<void> {
    if (this.sequencer.status.role === 'leading') await this.rounds.step(this.stopping.signal);
    else this.rounds.reset();
  }

  /** Verifies the stored checkpoint, which may be forged, and skips a checkpoint that the synchronous replicas still lack. */
  private async newest(): Promise<SignedCheckpoint | undefined> {
    const stored = await this.log.newestCheckpoint();
    if (!stored) return undefined;
    if (stored.size > (this.sequencer.status.size ?? 0)) return this.committed;
    const { checkpoint } = verifyCheckpoint(stored.note, this.signer.trust);
    return { size: checkpoint.size, rootHash: checkpoint.rootHash, note: stored.note };
  }

  private report(destination: string, error: unknown): void {
    if (error === undefined) this.logger.log(`Checkpoints are published to the ${destination} again.`);
    else this.logger.warn(`${getErrorMessage(error)} (${destination})`);
  }
}
