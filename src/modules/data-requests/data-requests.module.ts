import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/index.js';
import { PersonalDataModule } from '../personal-data/index.js';
import { OwnAccountController } from './own-account.controller.js';

/** People's rights over what the application keeps about them. */
@Module({
  imports: [AuthModule, PersonalDataModule],
  controllers: [OwnAccountController],
})
export class DataRequestsModule {}
