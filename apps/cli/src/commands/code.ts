// salus code: what an authenticator app would show for a demo user.
import { defineCommand } from 'citty';

export const code = defineCommand({
  meta: { name: 'salus code', description: 'Print the present one-time code of a demo user of `salus dev`' },
  args: {
    role: {
      type: 'positional',
      default: 'provider',
      description: 'admin, provider, nurse, billing, patient or privacy_officer',
    },
  },
  async run({ args }) {
    const { totpCode } = await import('@salus/auth');
    const { demoUserOf } = await import('../dev/demo.ts');
    const { stateDirectory } = await import('../state-directory.ts');
    const { user } = await demoUserOf(stateDirectory(), args.role);
    console.log(await totpCode({ secret: user.totpSecret, now: Date.now() }));
  },
});
