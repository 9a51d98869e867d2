import { createHmac } from 'node:crypto';
import type { CheckpointDestination, PublishableCheckpoint } from './checkpoint-destination.js';
import { describeHttpFailure, postText, type HttpAnswer } from './post-text.js';
import { UnpublishedCheckpointError } from './publishing.error.js';

/** Posts checkpoints to a URL; any answer of 200 to 299 means that they arrived. */
export class CheckpointWebhook implements CheckpointDestination {
  readonly name = 'webhook';
  readonly isIdempotent = false;

  constructor(
    private readonly url: string,
    private readonly secret?: string,
  ) {}

  /** @throws UnpublishedCheckpointError (`AUDIT_CHECKPOINT_UNPUBLISHED`) */
  async send({ note }: PublishableCheckpoint, signal: AbortSignal): Promise<void> {
    const { status } = await this.post(note, signal);
    if (status < 200 || status > 299) throw new UnpublishedCheckpointError(this.name, `it answered ${status}`);
  }

  private async post(note: string, signal: AbortSignal): Promise<HttpAnswer> {
    const headers: Record<string, string> =
      this.secret === undefined
        ? {}
        : { 'x-audit-signature': `sha256=${createHmac('sha256', this.secret).update(note).digest('hex')}` };
    try {
      return await postText(this.url, note, signal, headers);
    } catch (error) {
      throw new UnpublishedCheckpointError(this.name, describeHttpFailure(error, this.url, this.secret), {
        cause: error,
      });
    }
  }
}
