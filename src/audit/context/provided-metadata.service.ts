import { Inject, Injectable, Logger } from '@nestjs/common';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import { errorMessage } from '../errors/error-facts.js';
import { hasFields, mergeFields } from '../event/merge-fields.js';
import { readFieldSafely } from '../event/read-safely.js';
import type { AuditScope } from './audit-scope.js';

/** Why an event lacks what the option `metadataProvider` was to add: `metadata.metadataIssue`. */
type MetadataIssue = 'provider_threw' | 'provider_async' | 'provider_not_an_object';

/** The metadata that events have without being told: of the option `metadataProvider`, and over it that of the scope. */
@Injectable()
export class ProvidedMetadata {
  private readonly logger = new Logger('AuditModule');
  private readonly told = new Set<MetadataIssue>();
  private isAsking = false;

  constructor(@Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions) {}

  /** Never throws: a provider that does is logged once, and noted in the metadata of each event that lacks its fields. */
  of(scope: AuditScope | undefined): object | undefined {
    const ofScope = scope?.metadata;
    if (!this.options.metadataProvider) return ofScope;
    const provided = this.provided(this.options.metadataProvider, scope);
    // Whatever it is: the builder of events takes it.
    return (ofScope === undefined ? provided : mergeFields(provided, ofScope)) as object | undefined;
  }

  private provided(
    provider: NonNullable<ResolvedAuditOptions['metadataProvider']>,
    scope: AuditScope | undefined,
  ): object | undefined {
    if (this.isAsking) return undefined; // it records an event itself
    this.isAsking = true;
    try {
      const given: unknown = provider(scope);
      if (given === undefined || given === null) return undefined;
      const then = readFieldSafely(given, 'then');
      if (typeof then === 'function') {
        Promise.resolve(given).catch(() => undefined);
        return this.issue('provider_async', 'it returned a promise, and nothing waits for it');
      }
      return hasFields(given) ? given : this.issue('provider_not_an_object', 'it returned no object with fields');
    } catch (error) {
      return this.issue('provider_threw', errorMessage(error));
    } finally {
      this.isAsking = false;
    }
  }

  private issue(metadataIssue: MetadataIssue, seen: string): object {
    if (!this.told.has(metadataIssue)) {
      this.told.add(metadataIssue);
      this.logger.error(
        `Cannot add the metadata of metadataProvider: ${seen}. Events without it have metadata.metadataIssue; correct the function.`,
      );
    }
    return { metadataIssue };
  }
}
