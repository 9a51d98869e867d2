import { Inject, Injectable, Logger } from '@nestjs/common';
import { Catalogue } from './catalogue/catalogue.js';

/** How many custom names are checked; they may be different every time. */
const MAX_NAMES = 1_024;

/** Warns once for each undefined name that differs from a known one by a letter or two. */
@Injectable()
export class MisspeltNames {
  private readonly logger = new Logger('AuditModule');
  private readonly seen = new Set<string>();

  constructor(@Inject(Catalogue) private readonly catalogue: Catalogue) {}

  /** @param where what uses the name, for the message */
  note(name: string, where = 'was recorded'): void {
    if (this.seen.has(name) || this.seen.size >= MAX_NAMES) return;
    this.seen.add(name);
    const meant = this.catalogue.misspelt(name);
    if (meant === undefined) return;
    this.logger.warn(
      `${name} ${where}, and nobody defined it: probably ${meant} is meant. Correct it, or define your own with defineAuditEvents().`,
    );
  }
}
