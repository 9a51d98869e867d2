import { IngestUnavailableError } from './ingest.error.js';
import type { DeliveredMessage } from './nats-packages.js';

/** Collects the messages of one request, so that those that arrive meanwhile can be stored together. */
export class MessageBuffer {
  private came: DeliveredMessage[] = [];
  private failure: { readonly error: unknown } | undefined;
  private isEnded = false;
  private wakeUp: () => void = () => undefined;

  constructor(messages: AsyncIterable<DeliveredMessage>) {
    void this.collect(messages);
  }

  /**
   * Waits for messages, and returns all since the last call; none at the end of the request.
   *
   * @throws IngestUnavailableError (`AUDIT_INGEST_UNAVAILABLE`) after the messages that arrived before the failure
   */
  async take(): Promise<readonly DeliveredMessage[]> {
    while (this.came.length === 0 && !this.isEnded) {
      await new Promise<void>((resolve) => {
        this.wakeUp = resolve;
      });
    }
    const { came, failure } = this;
    this.came = [];
    if (came.length === 0 && failure) throw IngestUnavailableError.create(failure.error);
    return came;
  }

  /** Never rejects. */
  private async collect(messages: AsyncIterable<DeliveredMessage>): Promise<void> {
    try {
      for await (const message of messages) {
        this.came.push(message);
        this.wakeUp();
      }
    } catch (error) {
      this.failure = { error };
    }
    this.isEnded = true;
    this.wakeUp();
  }
}
