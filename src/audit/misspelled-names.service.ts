import { Inject, Injectable, Logger } from '@nestjs/common';
import { Catalogue } from './catalogue/catalogue.js';

/** Limits the memory for the names, since an application may generate names. */
const MAX_NAMES = 1_024;

/** Warns once of each undefined name that differs from a known name by one or two edits. */
@Injectable()
export class MisspelledNames {
  private readonly logger = new Logger('AuditModule');
  private readonly seen = new Set<string>();

  constructor(@Inject(Catalogue) private readonly catalogue: Catalogue) {}

  /** @param where a phrase for the message: how the name was used */
  note(name: string, where = 'was recorded'): void {
    if (this.seen.has(name) || this.seen.size >= MAX_NAMES) return;
    this.seen.add(name);
    const meant = this.catalogue.findMisspelled(name);
    if (meant === undefined) return;
    this.logger.warn(
      `${name} ${where}, but this name is not defined. Did you mean ${meant}? Correct the name, or define it with defineAuditEvents().`,
    );
  }
}
