// The tRPC router and what it needs to be mounted.
export type { Context, Problem, PublishedLog, Services } from './context.ts';
export { ApiError, type AppCode, answer, errorShape, nameOf, publicErrorOf } from './errors.ts';
export { type AppRouter, appRouter } from './router.ts';
export type { Meta, RoundTrips } from './trpc.ts';
