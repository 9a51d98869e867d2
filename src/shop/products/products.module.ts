import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ProductEntity } from './product.entity.js';
import { ProductsController } from './products.controller.js';

/** Provides products, whose changed rows are captured. */
@Module({ imports: [TypeOrmModule.forFeature([ProductEntity])], controllers: [ProductsController] })
export class ProductsModule {}
