// A moment as a caller names it: ISO 8601, in UTC. ISO 8601 has a year 0000 and PostgreSQL has none, so it is refused here.
import * as z from 'zod';

export const instant = z.iso.datetime().refine((text) => !text.startsWith('0000'), 'there is no year 0');
