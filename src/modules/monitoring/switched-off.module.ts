import { Module } from '@nestjs/common';

/** Replaces a module that is switched off: Nest needs a module, and the original would inject missing providers. */
@Module({})
export class SwitchedOffModule {}
