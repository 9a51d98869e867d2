import { getDataSourceToken } from '@nestjs/typeorm';
import { Test } from '@nestjs/testing';
import { AppController } from './app.controller.js';

describe('AppController', () => {
  it('says hello', async () => {
    const testing = await Test.createTestingModule({
      controllers: [AppController],
      providers: [{ provide: getDataSourceToken(), useValue: { getRepository: () => ({ count: () => 0 }) } }],
    }).compile();

    expect(await testing.get(AppController).getHello()).toBe('Hello World!');
  });
});
