import { DiscoveryService } from '@nestjs/core';
import type { EntityManager } from 'typeorm';

/** A person who leaves. */
export interface LeavingPerson {
  readonly userId: string;
  /** What else the person goes by: e-mail addresses and names. */
  readonly identifiers: readonly string[];
}

/** An erasure that is on record and does not begin yet. */
export interface PlannedErasure {
  /** Lets it begin. When nobody comes to that, it begins a minute after it was planned. */
  begin(): Promise<void>;
  /** Takes it back. */
  withdraw(): Promise<unknown>;
}

/** What a feature that keeps something of a person does for that person's rights. */
export interface PersonalDataHolder {
  /** What the feature keeps of the person, as plain JSON. Reads only, through `manager`. */
  exportFor(userId: string, manager: EntityManager): Promise<unknown>;

  /**
   * Makes what the feature keeps tell nothing of the person any more, in the transaction of `manager`: either every
   * feature forgets, or none does. Without it, the feature keeps nothing that does.
   *
   * @throws RefusedError (409) when the person cannot go yet
   */
  eraseFor?(userId: string, manager: EntityManager): Promise<void>;

  /** What else the person goes by, for those who keep more than the id: as it is before anything is erased. */
  identifiersFor?(userId: string, manager: EntityManager): Promise<readonly string[]>;

  /**
   * Puts on record that the person is to be forgotten where the features' transaction does not reach. Called before it, so
   * that the process may die at any time: it begins when the transaction is committed, and is withdrawn when it fails.
   */
  planErasure?(person: LeavingPerson): Promise<PlannedErasure>;
}

/**
 * Marks a provider as a {@link PersonalDataHolder}: it is found at bootstrap, in any module. `section` is the name under
 * which an export has what it keeps; unique.
 */
export const HoldsPersonalData = DiscoveryService.createDecorator<{ readonly section: string }>();
