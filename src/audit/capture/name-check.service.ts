import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { MisspeltNames } from '../misspelt-names.service.js';
import { applicationMethods } from './application-methods.js';
import { auditedEntries } from './audited.decorator.js';

/** Warns at the boot of each `@Audited` whose name is probably misspelt. */
@Injectable()
export class NameCheck implements OnApplicationBootstrap {
  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(MisspeltNames) private readonly names: MisspeltNames,
  ) {}

  onApplicationBootstrap(): void {
    const labels = new Map<string, Set<string>>();
    for (const { type, method, label } of applicationMethods(this.modules)) {
      for (const { name } of auditedEntries(type, method)) labels.set(name, (labels.get(name) ?? new Set()).add(label));
    }
    for (const [name, methods] of labels)
      this.names.note(name, `is what ${[...methods].join(', ')} records (@Audited)`);
  }
}
