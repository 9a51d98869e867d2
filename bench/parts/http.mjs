import { measureRounds } from './measure-rounds.mjs';

/** The same route with and without an audit, on Express. */
export const express = ({ cluster, schedule, log }) =>
  measureRounds(cluster, schedule, { adapter: 'express', windows: schedule.express, log });

/** The same on Fastify. */
export const fastify = ({ cluster, schedule, log }) =>
  measureRounds(cluster, schedule, { adapter: 'fastify', windows: schedule.fastify, log });

/** A route that saves an entity, with and without a history of it. */
export const entity = ({ cluster, schedule, log }) =>
  measureRounds(cluster, schedule, { adapter: 'express', windows: schedule.entity, log });
