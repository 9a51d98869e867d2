import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ProductHistoryEntryEntity } from './history/product-history-entry.entity.js';
import { ProductHistoryController } from './history/product-history.controller.js';
import { ProductHistoryProvider } from './history/product-history.provider.js';
import { ProductEntity } from './product.entity.js';
import { ProductsController } from './products.controller.js';
import { ProductsService } from './products.service.js';
import { ProductStock } from './stock/product-stock.service.js';

/** Products, their stock, and the history of each that its audit provider keeps. */
@Module({
  imports: [TypeOrmModule.forFeature([ProductEntity, ProductHistoryEntryEntity])],
  controllers: [ProductsController, ProductHistoryController],
  providers: [ProductsService, ProductStock, ProductHistoryProvider],
  exports: [ProductStock],
})
export class ProductsModule {}
