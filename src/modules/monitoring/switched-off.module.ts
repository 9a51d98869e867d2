import { Module } from '@nestjs/common';

/** What takes the place of a module that is switched off. */
@Module({})
export class SwitchedOffModule {}
