import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/index.js';
import { PersonalDataModule } from '../personal-data/index.js';
import { AcceptanceEntity, Acceptances } from './acceptances.service.js';
import { OwnAccountController } from './own-account.controller.js';

/** What people agree to, and their rights over what the application keeps about them. */
@Module({
  imports: [TypeOrmModule.forFeature([AcceptanceEntity]), AuthModule, PersonalDataModule],
  controllers: [OwnAccountController],
  providers: [Acceptances],
})
export class DataRequestsModule {}
