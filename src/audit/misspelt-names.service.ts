import { Inject, Injectable, Logger } from '@nestjs/common';
import { Catalogue } from './catalogue/catalogue.js';

/** Custom names that are looked at; they may be different every time. */
const MAX_NAMES = 1_024;

/** Warns once of each name that nobody defined and that is a letter or two from a known one. */
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
