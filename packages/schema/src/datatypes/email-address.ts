// An e-mail address (RFC 5321, with the internationalised local parts of RFC 6531), kept as it was written.
import * as z from 'zod';
import { text } from './text.ts';

export const emailAddress = text({ max: 254 }).regex(z.regexes.unicodeEmail, 'not an e-mail address');
