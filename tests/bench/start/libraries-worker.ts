// A Worker of nothing but the libraries that Salus is built on, by the same entries: no start of Salus takes less.
import { neon, types } from '@neondatabase/serverless';
import { initTRPC } from '@trpc/server';
import { resolveResponse } from '@trpc/server/http';
import { sql } from 'drizzle-orm';
import { PgDialect, pgSchema } from 'drizzle-orm/pg-core';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import ipaddr from 'ipaddr.js';
import { importJWK, jwtVerify, SignJWT } from 'jose';
import { generateSecret, verify } from 'otplib';
import * as z from 'zod';

const loaded = [
  ...[neon, types, initTRPC, resolveResponse, sql, PgDialect, pgSchema, Hono, cors, secureHeaders, ipaddr],
  ...[importJWK, jwtVerify, SignJWT, generateSecret, verify],
  z.strictObject,
];

export default { fetch: () => new Response(String(loaded.length)) };
