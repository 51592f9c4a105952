export { ROLES, type Role, roleSchema } from './role.ts';
