import { Type } from 'class-transformer';
import { IdField, Optional, WholeNumber } from './fields.js';

/** Chooses one page of a list whose newest entries come first. */
export class PageQuery {
  @Optional()
  @Type(() => Number)
  @WholeNumber(1, 200)
  readonly limit: number = 50;

  /** Id of the last entry of the previous page. The page begins with the next older entry. */
  @Optional()
  @IdField()
  declare readonly before?: string;
}
