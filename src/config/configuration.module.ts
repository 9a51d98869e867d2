import { Global, Module, type DynamicModule } from '@nestjs/common';
import { AppConfig } from './app-config.js';

/** Provides the one {@link AppConfig} to all modules. */
@Global()
@Module({})
export class ConfigurationModule {
  static forRoot(config: AppConfig): DynamicModule {
    return { module: ConfigurationModule, providers: [{ provide: AppConfig, useValue: config }], exports: [AppConfig] };
  }
}
