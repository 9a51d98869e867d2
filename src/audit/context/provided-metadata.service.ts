import { Inject, Injectable, Logger } from '@nestjs/common';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import { errorMessage } from '../../base/errors/error-facts.js';
import { hasFields, mergeFields } from '../event/merge-fields.js';
import { isThenable } from '../../base/read-safely.js';
import { valuesOf } from './audit-context.js';
import type { AuditScope } from './audit-scope.js';

type MetadataIssue = 'provider_threw' | 'provider_async' | 'provider_not_an_object';

/** Provides the default metadata of events: the result of the option `metadataProvider`, overridden by the scope's metadata. */
@Injectable()
export class ProvidedMetadata {
  private readonly logger = new Logger('AuditModule');
  private readonly logged = new Set<MetadataIssue>();
  private isProviding = false;

  constructor(@Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions) {}

  /**
   * Returns the metadata. Never throws. An error of `metadataProvider` is logged once, and each event without the provided fields gets
   * `metadata.metadataIssue`.
   */
  of(scope: AuditScope | undefined): object | undefined {
    const ofScope = scope?.metadata;
    if (!this.options.metadataProvider) return ofScope;
    const provided = this.provided(this.options.metadataProvider, scope);
    // The event builder accepts any value.
    return (ofScope === undefined ? provided : mergeFields(provided, ofScope)) as object | undefined;
  }

  private provided(
    provider: NonNullable<ResolvedAuditOptions['metadataProvider']>,
    scope: AuditScope | undefined,
  ): object | undefined {
    if (this.isProviding) return undefined; // `metadataProvider` records an event itself
    this.isProviding = true;
    try {
      const given: unknown = provider(valuesOf(scope));
      if (given === undefined || given === null) return undefined;
      if (isThenable(given)) {
        Promise.resolve(given).catch(() => undefined);
        return this.issue('provider_async', 'it returned a promise');
      }
      return hasFields(given) ? given : this.issue('provider_not_an_object', 'it returned no object with fields');
    } catch (error) {
      return this.issue('provider_threw', errorMessage(error));
    } finally {
      this.isProviding = false;
    }
  }

  private issue(metadataIssue: MetadataIssue, seen: string): object {
    if (!this.logged.has(metadataIssue)) {
      this.logged.add(metadataIssue);
      this.logger.error(
        `Cannot add the metadata of metadataProvider: ${seen}. The events contain metadata.metadataIssue instead. Correct the function.`,
      );
    }
    return { metadataIssue };
  }
}
