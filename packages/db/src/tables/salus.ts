// Everything lives in one schema, so that the runtime role's reach is one grant.
import { pgSchema } from 'drizzle-orm/pg-core';

export const salus = pgSchema('salus');
