import { readFile } from 'node:fs/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { AuditError } from '../../../../audit/nest-free.js';
import { appendNote, openNotes } from '../../../operate/publishing/note-file.js';
import { CheckpointSigner } from '../../../proof/signing/checkpoint-signer.service.js';
import { followStoredKeys } from '../../../proof/verify/known-keys.js';
import { VERIFIER } from '../../../store/ledger-roles.js';
import { LedgerSession } from '../../../store/sessions/ledger-session.js';
import { toAuditError } from '../../../store/sessions/classify-ledger-error.js';
import { assess, type Verdict } from '../../../store/check.js';
import { isWeb, STORE_OPTIONS, type StoreOptions } from '../../../store/store-options.js';
import {
  describeUndone,
  ERASURE_OPTIONS,
  findUndone,
  formatCertificateRecord,
  parseCertificateRecords,
  type ErasureFileOptions,
  type CertificateRecord,
  type UndoneErasure,
} from './certificate-record.js';
import { lifecycleErrors } from '../../../errors/keep.errors.js';

/** Only the application's user may read the ids of erased events. */
const FILE_MODE = 0o600;

/**
 * Stores the certificates of erasures outside the database. At boot and every hour, checks whether a restore of the database undid an
 * erasure.
 */
@Injectable()
export class ErasureCertificates implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('AuditPrivacy');
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private reported: string | undefined;
  private lastChecked: AuditError | undefined;

  constructor(
    @Inject(STORE_OPTIONS) private readonly store: Pick<StoreOptions, 'connectionUrl' | 'sequencerUrl'>,
    @Inject(ERASURE_OPTIONS) private readonly options: ErasureFileOptions,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
  ) {}

  health(): Verdict {
    return assess([this.lastChecked], 'No erasure with a certificate was undone.');
  }

  /** Checks that the file can be written, and creates it. @throws `AUDIT_CERTIFICATE_FILE` if NODE_ENV is `production` */
  async onModuleInit(): Promise<void> {
    if (process.env.NODE_ENV === 'production' && !isWeb(this.store)) await this.read();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Stores a certificate durably. @throws `AUDIT_CERTIFICATE_FILE`, `AUDIT_SIGNING_FAILED` */
  async keep(certificate: CertificateRecord): Promise<void> {
    const { erasureFile } = this.options;
    const { origin } = this.signer;
    const notes: string[] = [];
    for (const text of formatCertificateRecord(origin, certificate)) notes.push(await this.signer.signText(text));
    try {
      await appendNote(erasureFile, notes.join('\n'), FILE_MODE);
    } catch (error) {
      throw lifecycleErrors.AUDIT_CERTIFICATE_FILE('write', erasureFile, error);
    }
    if (this.lastChecked) void this.check();
  }

  /** Runs a check, or waits for the current check. Never rejects: {@link health} and the log report the result. */
  async check(): Promise<void> {
    this.running ??= this.runCheck().finally(() => (this.running = undefined));
    await this.running;
  }

  private async runCheck(): Promise<void> {
    const { signal } = this.stopping;
    try {
      const text = await this.read();
      if (text === '') {
        this.report([]);
        return;
      }
      const snapshot = await LedgerSession.open(this.store.connectionUrl, VERIFIER, { signal });
      try {
        const { trust } = await followStoredKeys(snapshot, this.signer.trust); // former keys may have signed older certificates
        this.report(await findUndone(snapshot, parseCertificateRecords(text, trust)));
      } finally {
        await snapshot.close();
      }
    } catch (error) {
      if (signal.aborted) return;
      const explained = toAuditError(error);
      // Other parts of the health report an unreachable ledger.
      if (error instanceof AuditError) this.lastChecked = error;
      this.logger.warn(`Cannot check now whether a restore undid erasures. ${explained.message}`);
    }
  }

  private report(undone: readonly UndoneErasure[]): void {
    const ids = undone.map(({ certificate }) => certificate.erasureId);
    this.lastChecked =
      ids.length === 0 ? undefined : lifecycleErrors.AUDIT_ERASURES_UNDONE(ids, this.options.erasureFile);
    const sentences = undone.map(describeUndone);
    const text = sentences.join('\n');
    if (this.lastChecked && text !== this.reported) {
      for (const message of sentences) this.logger.error(message);
      this.logger.error(this.lastChecked.message);
    }
    this.reported = text;
  }

  /** Reads the file, and finds out whether {@link keep} can write it. */
  private async read(): Promise<string> {
    const { erasureFile } = this.options;
    try {
      await (await openNotes(erasureFile, FILE_MODE)).close();
      return await readFile(erasureFile, 'utf8');
    } catch (error) {
      throw lifecycleErrors.AUDIT_CERTIFICATE_FILE('read or write', erasureFile, error);
    }
  }
}
