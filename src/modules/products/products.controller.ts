import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  ParseUUIDPipe,
  Patch,
  Post,
  Put,
  Query,
} from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiForbiddenResponse,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { AuditedTransaction, NotAudited } from '../../audit/index.js';
import { Roles } from '../auth/index.js';
import { AUDITED_PRODUCT } from './audited-product.js';
import { ChangeProductDto } from './dto/change-product.dto.js';
import { CreateProductDto } from './dto/create-product.dto.js';
import { ProductPageQuery } from './dto/product-page.dto.js';
import { ProductList, ProductView } from './dto/product.dto.js';
import { SetInventoryDto } from './dto/set-inventory.dto.js';
import { SetPriceDto } from './dto/set-price.dto.js';
import { ProductsService } from './products.service.js';

/** The products: administrators manage them, everybody who is logged in reads them. */
@ApiTags('products')
@ApiBearerAuth()
@Controller('products')
export class ProductsController {
  constructor(@Inject(ProductsService) private readonly products: ProductsService) {}

  @Post()
  @Roles('admin')
  @AuditedTransaction('product_creation', AUDITED_PRODUCT)
  @ApiOperation({ summary: 'Create a product' })
  @ApiCreatedResponse({ type: ProductView })
  @ApiForbiddenResponse({ description: 'Not an administrator' })
  @ApiConflictResponse({ description: 'Another product has the SKU' })
  create(@Body() product: CreateProductDto): Promise<Readonly<ProductView>> {
    return this.products.create(product);
  }

  @Get()
  @NotAudited('changes nothing')
  @ApiOperation({ summary: 'List the products, newest first' })
  @ApiOkResponse({ type: ProductList })
  async list(@Query() page: ProductPageQuery): Promise<Readonly<ProductList>> {
    return { items: await this.products.list(page) };
  }

  @Get(':id')
  @NotAudited('changes nothing')
  @ApiOperation({ summary: 'Show a product' })
  @ApiOkResponse({ type: ProductView })
  @ApiNotFoundResponse()
  find(@Param('id', ParseUUIDPipe) id: string): Promise<Readonly<ProductView>> {
    return this.products.find(id);
  }

  @Patch(':id')
  @Roles('admin')
  @AuditedTransaction('product_update', AUDITED_PRODUCT)
  @ApiOperation({ summary: 'Change the name or the description of a product' })
  @ApiOkResponse({ type: ProductView })
  @ApiForbiddenResponse({ description: 'Not an administrator' })
  @ApiNotFoundResponse()
  change(@Param('id', ParseUUIDPipe) id: string, @Body() fields: ChangeProductDto): Promise<Readonly<ProductView>> {
    return this.products.change(id, fields);
  }

  @Delete(':id')
  @HttpCode(204)
  @Roles('admin')
  @AuditedTransaction('product_deletion', AUDITED_PRODUCT)
  @ApiOperation({ summary: 'Delete a product; orders keep what they have of it' })
  @ApiNoContentResponse()
  @ApiForbiddenResponse({ description: 'Not an administrator' })
  @ApiNotFoundResponse()
  delete(@Param('id', ParseUUIDPipe) id: string): Promise<void> {
    return this.products.delete(id);
  }

  @Post(':id/activate')
  @HttpCode(200)
  @Roles('admin')
  @AuditedTransaction('product_activation', AUDITED_PRODUCT)
  @ApiOperation({ summary: 'Let a product be ordered' })
  @ApiOkResponse({ type: ProductView })
  @ApiForbiddenResponse({ description: 'Not an administrator' })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'The product is active already' })
  activate(@Param('id', ParseUUIDPipe) id: string): Promise<Readonly<ProductView>> {
    return this.products.setActive(id, true);
  }

  @Post(':id/deactivate')
  @HttpCode(200)
  @Roles('admin')
  @AuditedTransaction('product_deactivation', AUDITED_PRODUCT)
  @ApiOperation({ summary: 'Let a product no longer be ordered' })
  @ApiOkResponse({ type: ProductView })
  @ApiForbiddenResponse({ description: 'Not an administrator' })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'The product is inactive already' })
  deactivate(@Param('id', ParseUUIDPipe) id: string): Promise<Readonly<ProductView>> {
    return this.products.setActive(id, false);
  }

  @Put(':id/price')
  @Roles('admin')
  @AuditedTransaction('price_change', AUDITED_PRODUCT)
  @ApiOperation({ summary: 'Set the price of a product, for orders from now on' })
  @ApiOkResponse({ type: ProductView })
  @ApiForbiddenResponse({ description: 'Not an administrator' })
  @ApiNotFoundResponse()
  setPrice(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { priceCents }: SetPriceDto,
  ): Promise<Readonly<ProductView>> {
    return this.products.setPrice(id, priceCents);
  }

  @Put(':id/inventory')
  @Roles('admin')
  @AuditedTransaction('inventory_update', AUDITED_PRODUCT)
  @ApiOperation({ summary: 'Set the stock of a product, as counted' })
  @ApiOkResponse({ type: ProductView })
  @ApiForbiddenResponse({ description: 'Not an administrator' })
  @ApiNotFoundResponse()
  setInventory(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { stock }: SetInventoryDto,
  ): Promise<Readonly<ProductView>> {
    return this.products.setStock(id, stock);
  }
}
