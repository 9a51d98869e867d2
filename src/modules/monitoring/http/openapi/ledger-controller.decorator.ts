import {
  applyDecorators,
  Controller,
  SetMetadata,
  UseFilters,
  UseGuards,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { OwnController } from '../../../../audit/plain.js';
import { LedgerAccessGuard } from '../ledger-access.guard.js';
import { LedgerErrorsFilter } from '../ledger-errors.filter.js';

/** The tag of a controller's routes in the API's description. */
export const ROUTE_TAG = Reflector.createDecorator<string>();

/** The metadata key that makes `@nestjs/swagger` leave out a controller: `describeLedger` adds the library's own. */
const LEFT_OUT = 'swagger/apiExcludeController';

/** Makes a controller of the library: its routes are guarded, and answer the ledger's errors. */
export function LedgerController(
  path: string,
  guard: Type<CanActivate> = LedgerAccessGuard,
  tag = 'audit',
): ClassDecorator {
  return applyDecorators(HiddenController(path), ROUTE_TAG(tag), UseGuards(guard), UseFilters(LedgerErrorsFilter));
}

/** Makes a controller that no API description includes. */
export function HiddenController(path: string): ClassDecorator {
  return applyDecorators(Controller(path), SetMetadata(LEFT_OUT, [true]), OwnController);
}
