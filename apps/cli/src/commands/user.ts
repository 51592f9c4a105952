// salus user create
import { defineCommand } from 'citty';
import { organization } from '../arguments.ts';

const create = defineCommand({
  meta: {
    name: 'salus user create',
    description:
      'Make an account. Its password is asked for, or the first line of standard input; its second factor is made, and shown ' +
      "once. Needs DATABASE_URL (an owner) and the Worker's key provider",
  },
  args: {
    organization,
    role: {
      type: 'string',
      required: true,
      description: 'admin, provider, nurse, billing, patient or privacy_officer',
    },
    email: { type: 'string', required: true, description: 'Address to sign in with' },
    name: { type: 'string', required: true, description: 'Name to show' },
    patient: { type: 'string', description: 'With the role patient: id of their own record' },
    'generate-password': { type: 'boolean', description: 'Make the password at random, and print it' },
    json: { type: 'boolean', description: 'Print the account as JSON' },
  },
  async run({ args }) {
    const { createAccount } = await import('../account.ts');
    const { authenticator } = await import('../terminal/authenticator.ts');
    const account = await createAccount({ ...args, generatePassword: args['generate-password'] === true });
    if (args.json) {
      console.log(JSON.stringify(account));
      return;
    }
    console.log(`id: ${account.id}`);
    if (account.password !== undefined) console.log(`password: ${account.password}`);
    console.log(`TOTP secret: ${account.totpSecret}`);
    console.log(authenticator({ secret: account.totpSecret, account: args.email, issuer: 'Salus' }));
  },
});

export const user = defineCommand({
  meta: { name: 'salus user', description: 'Accounts' },
  subCommands: { create },
});
