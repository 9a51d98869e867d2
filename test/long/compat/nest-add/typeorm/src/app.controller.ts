import { Controller, Get, Post } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Order } from './order.entity.js';

@Controller()
export class AppController {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  @Post('orders')
  create(): Promise<Order> {
    return this.database.getRepository(Order).save({ total: 12 });
  }

  @Get()
  async getHello(): Promise<string> {
    await this.database.getRepository(Order).count();
    return 'Hello World!';
  }
}
