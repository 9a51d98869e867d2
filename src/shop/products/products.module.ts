import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ProductHistoryProvider } from './product-history.provider.js';
import { ProductStock } from './product-stock.service.js';
import { ProductEntity } from './product.entity.js';
import { ProductsController } from './products.controller.js';

/** Provides products, their stock, and an audit provider that stores the history of each product. */
@Module({
  imports: [TypeOrmModule.forFeature([ProductEntity])],
  controllers: [ProductsController],
  providers: [ProductStock, ProductHistoryProvider],
  exports: [ProductStock],
})
export class ProductsModule {}
