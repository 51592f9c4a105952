// The roles of MISSION's table: five from everyday practice and the privacy officer (45 CFR 164.530(a)(1)).
import * as z from 'zod';

export const ROLES = ['admin', 'provider', 'nurse', 'billing', 'patient', 'privacy_officer'] as const;

export const roleSchema = z.enum(ROLES);

export type Role = (typeof ROLES)[number];
