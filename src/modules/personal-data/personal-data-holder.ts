import { DiscoveryService } from '@nestjs/core';
import type { EntityManager } from 'typeorm';

/** What a feature that keeps something of a person does for that person's rights. */
export interface PersonalDataHolder {
  /** What the feature keeps of the person, as plain JSON. Reads only, through `manager`. */
  exportFor(userId: string, manager: EntityManager): Promise<unknown>;

  /**
   * Makes what the feature keeps tell nothing of the person any more, in the transaction of `manager`: either every
   * feature forgets, or none does. Without it, the feature keeps nothing that does.
   *
   * @throws ErasureRefusedError (HTTP 409) when the person cannot go yet
   */
  eraseFor?(userId: string, manager: EntityManager): Promise<void>;
}

/**
 * Marks a provider as a {@link PersonalDataHolder}: it is found at bootstrap, in any module. `section` is the name under
 * which an export has what it keeps; unique.
 */
export const HoldsPersonalData = DiscoveryService.createDecorator<{ readonly section: string }>();
