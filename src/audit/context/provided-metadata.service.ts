import { Inject, Injectable, Logger } from '@nestjs/common';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import { getErrorMessage } from '../../base/errors/error-facts.js';
import { hasFields, mergeFields } from '../event/merge-fields.js';
import { isThenable } from '../../base/read-safely.js';
import { getScopeValues } from './audit-context.js';
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
      const input: unknown = provider(getScopeValues(scope));
      if (input === undefined || input === null) return undefined;
      if (isThenable(input)) {
        Promise.resolve(input).catch(() => undefined);
        return this.issue('provider_async', 'it returned a promise');
      }
      return hasFields(input) ? input : this.issue('provider_not_an_object', 'it returned no object with fields');
    } catch (error) {
      return this.issue('provider_threw', getErrorMessage(error));
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
