import { Module } from '@nestjs/common';

/**
 * Takes the place of a module that is switched off: Nest wants one, and its own class would ask for what is not there.
 */
@Module({})
export class SwitchedOffModule {}
